import { describe, expect, it } from 'vitest'
import { type Entity, openGraph } from '../../../test-support/graph.ts'

describe('what a tenant has one of', () => {
  it('is there with nothing set, is checked, kept and audited', async () => {
    await using graph = await openGraph()
    const path = '/deviceManagement/conditionalAccessSettings'
    expect(await graph.get(path)).toMatchObject({ enabled: false, includedGroups: [] })
    expect((await graph.ask('PATCH', path, { enabled: true })).status).toBe(204)
    expect(await graph.get(path)).toMatchObject({ enabled: true, overrideDefaultRule: false })
    for (const body of [{ enabld: true }, { enabled: 'yes' }])
      expect((await graph.ask('PATCH', path, body)).status).toBe(400)
    const { value } = await graph.get<{ value: Entity[] }>('/deviceManagement/auditEvents')
    expect(value.map((event) => event['activityType'])).toEqual(['Patch OnPremisesConditionalAccessSettings'])
  })

  it('or is not there before it is made', async () => {
    await using graph = await openGraph()
    const path = '/deviceManagement/applePushNotificationCertificate'
    expect((await graph.ask('GET', path)).status).toBe(404)
    expect((await graph.ask('PATCH', path, { appleIdentifier: 'a@contoso.example' })).status).toBe(204)
    expect(await graph.get(path)).toMatchObject({ appleIdentifier: 'a@contoso.example' })
  })
})

it('services of Intune are found by its application, where somebody has said where they are', async () => {
  await using graph = await openGraph()
  const path = '/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints'
  const list = async () => (await graph.get<{ value: Entity[] }>(path)).value
  expect(await list()).toEqual([])
  const made = await graph.post(path, { capability: 'x', providerName: 'NACAPIService', uri: 'https://localhost/nac' })
  expect(await list()).toMatchObject([{ id: made['id'], providerName: 'NACAPIService', uri: 'https://localhost/nac' }])
  for (const body of [
    { uri: 'https://localhost/nac' },
    { capability: 'x', uri: 'no address' },
    { capability: 'x', colour: 1 },
  ])
    expect((await graph.ask('POST', path, body)).status).toBe(400)
  expect((await graph.ask('DELETE', `${path}/${made['id']}`)).status).toBe(204)
  expect(await list()).toEqual([])
})
