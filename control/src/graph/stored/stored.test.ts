import { describe, expect, it } from 'vitest'
import { type Entity, openGraph } from '../../../test-support/graph.ts'

const SCRIPTS = '/deviceManagement/deviceManagementScripts'
const idOf = (entity: Entity): string => String(entity['id'])
const script = { displayName: 'Clean up', fileName: 'a.ps1', runAsAccount: 'system', scriptContent: 'ZWNobw==' }

describe('objects that are only kept', () => {
  it('are checked against the model, completed, changed and deleted, each with an audit event', async () => {
    await using graph = await openGraph()
    const made = await graph.post<Entity>(SCRIPTS, {
      '@odata.type': '#microsoft.graph.deviceManagementScript',
      ...script,
    })
    expect(made).toMatchObject({ ...script, enforceSignatureCheck: false, roleScopeTagIds: ['0'] })
    expect((await graph.ask('PATCH', `${SCRIPTS}('${idOf(made)}')`, { description: 'weekly' })).status).toBe(200)
    const read = await graph.get<Entity>(`${SCRIPTS}/${idOf(made)}`)
    expect(read).toMatchObject({ ...script, description: 'weekly', createdDateTime: made['createdDateTime'] })
    expect(await graph.get<Entity>(`${SCRIPTS}/${idOf(made)}/fileName`)).toMatchObject({ value: 'a.ps1' })
    expect((await graph.ask('DELETE', `${SCRIPTS}/${idOf(made)}`)).status).toBe(200)
    expect((await graph.ask('GET', `${SCRIPTS}/${idOf(made)}`)).status).toBe(404)
    const { value } = await graph.get<{ value: Entity[] }>('/deviceManagement/auditEvents')
    expect(value.map((event) => event['activityType']).toSorted()).toEqual([
      'Create DeviceManagementScript',
      'Delete DeviceManagementScript',
      'Patch DeviceManagementScript',
    ])
  })

  it('are refused where the model knows better', async () => {
    await using graph = await openGraph()
    const refused = async (body: Entity) => {
      const { status, body: answer } = await graph.ask('POST', SCRIPTS, body)
      return [status, JSON.stringify(answer)]
    }
    expect(await refused({ ...script, dispalyName: 'x' })).toEqual([400, expect.stringContaining('displayName')])
    expect(await refused({ ...script, runAsAccount: 'root' })).toEqual([400, expect.stringContaining('runAsAccount')])
    expect(await refused({ ...script, displayName: 7 })).toEqual([400, expect.stringContaining('displayName')])
  })

  it('hold objects below them, expanded when asked for, and gone with them', async () => {
    await using graph = await openGraph()
    const config = '/deviceManagement/groupPolicyConfigurations'
    const made = await graph.post<Entity>(config, { displayName: 'office' })
    const value = await graph.post<Entity>(`${config}/${idOf(made)}/definitionValues`, { enabled: true })
    const expanded = await graph.get<Entity>(`${config}/${idOf(made)}?$expand=definitionValues`)
    expect(expanded['definitionValues']).toMatchObject([{ id: idOf(value), enabled: true }])
    expect(await graph.ask('GET', `${config}/nothing/definitionValues`)).toMatchObject({ status: 404 })
    expect((await graph.ask('GET', `${config}/${idOf(made)}?$expand=colours`)).status).toBe(400)
    await graph.ask('DELETE', `${config}/${idOf(made)}`)
    expect((await graph.ask('GET', `${config}/${idOf(made)}/definitionValues`)).status).toBe(404)
  })

  it('are assigned: the list in the body is the whole new set', async () => {
    await using graph = await openGraph()
    const made = await graph.post<Entity>(SCRIPTS, script)
    const group = idOf(await graph.post('/groups', { displayName: 'g' }))
    const assign = (targets: readonly Entity[]) =>
      graph.ask('POST', `${SCRIPTS}/${idOf(made)}/assign`, {
        deviceManagementScriptAssignments: targets.map((target) => ({ target })),
      })
    const toGroup = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: group }
    const toAll = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' }
    expect((await assign([toGroup, toAll])).status).toBe(200)
    expect((await assign([toGroup])).status).toBe(200)
    const { value } = await graph.get<{ value: Entity[] }>(`${SCRIPTS}/${idOf(made)}/assignments`)
    expect(value).toMatchObject([{ id: `${idOf(made)}_${group}`, target: toGroup }])
    expect((await assign([toGroup, toGroup])).status).toBe(400)
    expect((await assign([{ ...toGroup, groupId: 'nobody' }])).status).toBe(400)
    expect((await graph.ask('POST', `${SCRIPTS}/${idOf(made)}/assign`, { assignments: 'x' })).status).toBe(400)
  })

  it('are of the type that they say, listed by it, and counted', async () => {
    await using graph = await openGraph()
    const apps = '/deviceAppManagement/mobileAppConfigurations'
    const ios = {
      '@odata.type': '#microsoft.graph.iosMobileAppConfiguration',
      displayName: 'mail',
      targetedMobileApps: [],
    }
    expect((await graph.ask('POST', apps, { displayName: 'untyped' })).status).toBe(400)
    const made = await graph.post<Entity>(apps, ios)
    expect(made['@odata.type']).toBe('#microsoft.graph.iosMobileAppConfiguration')
    const listed = async (path: string) => (await graph.get<{ value: Entity[] }>(path)).value.map(idOf)
    expect(await listed(`${apps}/microsoft.graph.iosMobileAppConfiguration`)).toEqual([idOf(made)])
    expect(await listed(`${apps}/microsoft.graph.androidManagedStoreAppConfiguration`)).toEqual([])
    expect(await graph.get(`${apps}/$count`)).toBe(1)
  })

  it('are not what the service does itself, nor what it does not know', async () => {
    await using graph = await openGraph()
    const device = await graph.office.device()
    for (const path of [
      `/deviceManagement/managedDevices/${device.id}/windowsProtectionState`,
      '/deviceManagement/colours',
      `${SCRIPTS}/x/y/z`,
    ])
      expect([400, 404, 501]).toContain((await graph.ask('GET', path)).status)
    expect((await graph.ask('POST', `${SCRIPTS}/x/runNow`, {})).status).toBe(501)
  })
})

describe('What If', () => {
  it('says which policies apply to a sign-in, and why others do not', async () => {
    await using graph = await openGraph()
    const user = String((await graph.office.device()).userId)
    const policy = (displayName: string, includePlatforms: readonly string[]): Entity => ({
      displayName,
      state: 'enabled',
      conditions: {
        clientAppTypes: ['all'],
        users: { includeUsers: ['All'] },
        applications: { includeApplications: ['All'] },
        platforms: { includePlatforms },
      },
      grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] },
    })
    const policies = '/identity/conditionalAccess/policies'
    await graph.post(policies, policy('phones', ['iOS', 'android']))
    await graph.post(policies, policy('computers', ['windows']))
    const ask = (appliedPoliciesOnly: boolean) =>
      graph.post<{ value: Entity[] }>('/identity/conditionalAccess/evaluate', {
        signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: user },
        signInContext: { '@odata.type': '#microsoft.graph.applicationContext', includeApplications: ['mail'] },
        signInConditions: { devicePlatform: 'windows', clientAppType: 'browser' },
        appliedPoliciesOnly,
      })
    expect((await ask(true)).value).toMatchObject([{ displayName: 'computers', policyApplies: true }])
    expect((await ask(false)).value).toMatchObject([
      { displayName: 'phones', policyApplies: false, analysisReasons: 'devicePlatform' },
      { displayName: 'computers', policyApplies: true, analysisReasons: 'notSet' },
    ])
    const nobody = await graph.ask('POST', '/identity/conditionalAccess/evaluate', {
      signInIdentity: { userId: 'nobody' },
      signInContext: { includeApplications: ['mail'] },
    })
    expect(nobody.status).toBe(400)
  })
})
