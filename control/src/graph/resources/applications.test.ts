import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entity } from '../../../test-support/graph.ts'
import { type Bureau, GRAPH, makeCertificate, NATIVE_ID, openBureau } from '../../../test-support/identity.ts'

const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000'

let bureau: Bureau
let application: Entity
let principal: Entity
beforeAll(async () => {
  bureau = await openBureau()
  application = await bureau.graph.post('/applications', { displayName: 'made here' })
  principal = await bureau.graph.post('/servicePrincipals', { appId: application['appId'] })
})
afterAll(() => bureau?.[Symbol.asyncDispose]())

const tokenWith = (secret: unknown) =>
  bureau.token({
    client_id: String(application['appId']),
    client_secret: String(secret),
    grant_type: 'client_credentials',
    scope: `${GRAPH}/.default`,
  })
const rolesOf = ({ body }: { body: Entity }): unknown => decodeJwt(String(body['access_token']))['roles']

describe('an application that is registered through Graph', () => {
  it('gets tokens with a password until that is removed, and with the roles that are granted to it', async () => {
    const path = `/applications/${application['id']}`
    const password = await bureau.graph.post(`${path}/addPassword`, { passwordCredential: { displayName: 'first' } })
    expect(password).toMatchObject({ displayName: 'first', secretText: expect.any(String), hint: expect.any(String) })
    const shown = await bureau.graph.get(`/applications(appId='${application['appId']}')`)
    expect(shown['passwordCredentials']).toMatchObject([{ keyId: password['keyId'], secretText: null }])
    expect(rolesOf(await tokenWith(password['secretText']))).toBeUndefined()

    const graph = await bureau.graph.get<{ id: string; appRoles: { id: string; value: string }[] }>(
      `/servicePrincipals(appId='${GRAPH_APP_ID}')`,
    )
    const role = graph.appRoles.find(({ value }) => value === 'Group.Read.All')
    expect(role?.id).toBe('5b567255-7703-4780-807c-7be8301ae99b')
    const assignments = `/servicePrincipals/${principal['id']}/appRoleAssignments`
    const body = { principalId: principal['id'], resourceId: graph.id, appRoleId: role?.id }
    const assigned = await bureau.graph.post(assignments, body)
    expect(assigned).toMatchObject({ principalDisplayName: 'made here', resourceDisplayName: 'Microsoft Graph' })
    expect(rolesOf(await tokenWith(password['secretText']))).toEqual(['Group.Read.All'])
    expect((await bureau.graph.ask('POST', assignments, body)).status).toBe(400)
    expect((await bureau.graph.ask('DELETE', `${assignments}/${assigned['id']}`)).status).toBe(204)
    expect(rolesOf(await tokenWith(password['secretText']))).toBeUndefined()

    await bureau.graph.ask('PATCH', `/servicePrincipals/${principal['id']}`, { accountEnabled: false })
    expect((await tokenWith(password['secretText'])).body).toMatchObject({ error_codes: [7_000_112] })
    await bureau.graph.ask('PATCH', `/servicePrincipals/${principal['id']}`, { accountEnabled: true })
    expect((await bureau.graph.ask('POST', `${path}/removePassword`, { keyId: password['keyId'] })).status).toBe(204)
    expect((await tokenWith(password['secretText'])).body).toMatchObject({ error_codes: [7_000_215] })
    const events = await bureau.graph.office.store.audit.list({ limit: 100 })
    expect(JSON.stringify(events)).not.toContain(String(password['secretText']))
  })

  it('gets tokens with a certificate', async () => {
    const certificate = makeCertificate(String(application['appId']))
    const path = `/applications/${application['id']}`
    const key = { key: certificate.der, type: 'AsymmetricX509Cert', usage: 'Verify' }
    expect((await bureau.graph.ask('PATCH', path, { keyCredentials: [key] })).status).toBe(204)
    const [shown] = (await bureau.graph.get<{ keyCredentials: Entity[] }>(path)).keyCredentials
    expect(shown).toMatchObject({
      customKeyIdentifier: Buffer.from(certificate.sha1, 'hex').toString('base64'),
      key: null,
    })
    const form = {
      client_id: String(application['appId']),
      grant_type: 'client_credentials',
      scope: `${GRAPH}/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await certificate.assertion(),
    }
    expect((await bureau.token(form)).status).toBe(200)
    expect((await bureau.graph.ask('PATCH', path, { keyCredentials: [{ key: 'AAAA' }] })).status).toBe(400)
    expect((await bureau.graph.ask('PATCH', path, { keyCredentials: [shown] })).status).toBe(204)
    expect((await bureau.graph.ask('PATCH', path, { keyCredentials: [] })).status).toBe(204)
    expect((await bureau.token({ ...form, client_assertion: await certificate.assertion() })).status).toBe(401)
  })

  it('has no service principal at first, and needs one', async () => {
    const lone = await bureau.graph.post('/applications', { displayName: 'lone' })
    const { secretText } = await bureau.graph.post(`/applications/${lone['id']}/addPassword`, {})
    const form = {
      client_id: String(lone['appId']),
      client_secret: String(secretText),
      grant_type: 'client_credentials',
    }
    expect(await bureau.token({ ...form, scope: `${GRAPH}/.default` })).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client', error_codes: [7_000_229] },
    })
  })
})

describe('applications and service principals', () => {
  it('are checked by the model, and keep what nothing depends on', async () => {
    const { graph } = bureau
    const made = await graph.post('/applications', {
      displayName: 'kept',
      tags: ['nightly'],
      passwordCredentials: [{ displayName: 'mine', secretText: 'a secret that nobody must see' }],
    })
    expect(made).toMatchObject({ displayName: 'kept', tags: ['nightly'], passwordCredentials: [] })
    const path = `/applications/${made['id']}`
    expect((await graph.ask('PATCH', path, { notes: 'for the audit', tags: ['weekly'] })).status).toBe(204)
    expect(await graph.get(path)).toMatchObject({ displayName: 'kept', notes: 'for the audit', tags: ['weekly'] })
    const principal = await graph.post('/servicePrincipals', {
      appId: made['appId'],
      accountEnabled: false,
      tags: ['t'],
    })
    expect(principal).toMatchObject({ appId: made['appId'], accountEnabled: false, tags: ['t'] })
    const own = `/servicePrincipals/${principal['id']}`
    expect((await graph.ask('PATCH', own, { notes: 'n' })).status).toBe(204)
    expect((await graph.ask('PATCH', own, { accountEnabled: true, notes: null })).status).toBe(204)
    const after = await graph.get(own)
    expect(after).toMatchObject({ accountEnabled: true, tags: ['t'] })
    expect(after).not.toHaveProperty('notes')
    expect(JSON.stringify(await graph.office.store.applications.list())).not.toContain('a secret')
    await graph.ask('DELETE', path)
  })

  it.each([
    ['an unknown property', { displayNam: 'x' }],
    ['a value of another type', { tags: 'x' }],
    ['what the service sets', { createdDateTime: '2026-01-01T00:00:00Z' }],
    ['a wrong member', { passwordSingleSignOnSettings: { fields: [{ fieldId: 7 }] } }],
  ])('are refused with %s', async (_, wrong) => {
    const { graph } = bureau
    for (const [set, id, rest] of [
      ['/applications', application['id'], { displayName: 'x' }],
      ['/servicePrincipals', principal['id'], { appId: application['appId'] }],
    ] as const) {
      const before = await graph.get(`${set}/${id}`)
      expect((await graph.ask('POST', set, { ...rest, ...wrong })).status).toBe(400)
      expect((await graph.ask('PATCH', `${set}/${id}`, wrong)).status).toBe(400)
      expect(await graph.get(`${set}/${id}`)).toEqual(before)
    }
  })
})

describe('users', () => {
  it('may all do everything until one of them is given a role, and then each what their roles allow', async () => {
    const [ada] = await bureau.graph.office.store.users.list()
    const bea = await bureau.graph.office.user('bea')
    const scope = 'DeviceManagementManagedDevices.Read.All'
    const devicesAs = async (name: string) => {
      const asked = { client_id: NATIVE_ID, redirect_uri: 'http://localhost', scope, code_challenge: 'a'.repeat(43) }
      const code = (await bureau.signIn(asked, name)).get('code') ?? ''
      const form = { client_id: NATIVE_ID, grant_type: 'authorization_code', redirect_uri: 'http://localhost', code }
      const { body } = await bureau.token({ ...form, code_verifier: 'a'.repeat(43) })
      const bearer = `Bearer ${String(body['access_token'])}`
      return (await bureau.graph.raw('GET', '/v1.0/deviceManagement/managedDevices', bearer)).status
    }
    expect(await devicesAs('bea@contoso.example')).toBe(200)
    const { value } = await bureau.graph.get<{ value: { id: string; displayName: string }[] }>(
      '/roleManagement/directory/roleDefinitions',
    )
    const role = value.find(({ displayName }) => displayName === 'Intune Administrator')
    const holder = { principalId: ada?.id, roleDefinitionId: role?.id, directoryScopeId: '/' }
    await bureau.graph.post('/roleManagement/directory/roleAssignments', holder)
    expect([await devicesAs('ada@contoso.example'), await devicesAs('bea@contoso.example')]).toEqual([200, 403])
    expect(bea.accountEnabled).toBe(true)
  })

  it('are acted for without a page once an administrator has consented', async () => {
    const native = (await bureau.graph.office.store.servicePrincipals.list()).find(({ appId }) => appId === NATIVE_ID)
    const graph = await bureau.graph.get(`/servicePrincipals(appId='${GRAPH_APP_ID}')`)
    const form = { client_id: NATIVE_ID, grant_type: 'password', username: 'ada@contoso.example', password: 'x' }
    const ask = () => bureau.token({ ...form, scope: 'AuditLog.Read.All' })
    expect((await ask()).body).toMatchObject({ error_codes: [65_001] })
    const consent = {
      clientId: native?.id,
      consentType: 'AllPrincipals',
      resourceId: graph['id'],
      scope: 'AuditLog.Read.All',
    }
    const given = await bureau.graph.post('/oauth2PermissionGrants', consent)
    expect((await ask()).status).toBe(200)
    expect((await bureau.graph.ask('DELETE', `/oauth2PermissionGrants/${given['id']}`)).status).toBe(204)
    expect((await ask()).body).toMatchObject({ error_codes: [65_001] })
  })
})
