import { describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../../test-support/graph.ts'

const COMPLIANCE = '/deviceManagement/deviceCompliancePolicies'
const CONFIGURATION = '/deviceManagement/deviceConfigurations'
const rules = [{ ruleName: 'r', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] }]
const windows = { '@odata.type': '#microsoft.graph.windows10CompliancePolicy', displayName: 'p' }
const compliance = { ...windows, scheduledActionsForRule: rules }

async function refusal(graph: GraphOffice, method: string, path: string, body: Entity) {
  const { status, body: answer } = await graph.ask(method, path, body)
  const { code, message } = (answer['error'] ?? {}) as { code?: string; message?: string }
  return [status, code, message?.startsWith('{') ? String(JSON.parse(message)['Message']) : message]
}

describe('a policy that a client writes', () => {
  it('takes whatever Graph has: settings for devices, and the rest as it was written', async () => {
    await using graph = await openGraph()
    const made = await graph.post(COMPLIANCE, {
      ...compliance,
      bitLockerEnabled: true,
      osMinimumVersion: null,
      passwordRequiredType: 'deviceDefault',
      configurationManagerComplianceRequired: false,
      validOperatingSystemBuildRanges: [{ description: 'b', lowestVersion: '10.0.1', highestVersion: '10.0.2' }],
    })
    const path = `${COMPLIANCE}/${made['id']}`
    const read = await graph.get(path)
    expect(read).toMatchObject({ bitLockerEnabled: true, configurationManagerComplianceRequired: false })
    expect(read['validOperatingSystemBuildRanges']).toMatchObject([{ lowestVersion: '10.0.1' }])
    const [policy] = await graph.office.store.policies.list()
    expect(policy?.settings).toEqual({ bitLockerEnabled: true })
    // What was exported comes back as it is.
    const { id: _, '@odata.context': __, ...exported } = read
    const again = await graph.post(COMPLIANCE, { ...exported, scheduledActionsForRule: rules })
    expect(again).toMatchObject({ bitLockerEnabled: true, configurationManagerComplianceRequired: false })
    const patch = { ...windows, bitLockerEnabled: null, configurationManagerComplianceRequired: null }
    expect((await graph.ask('PATCH', path, patch)).status).toBe(204)
    const after = await graph.get(path)
    for (const name of ['bitLockerEnabled', 'configurationManagerComplianceRequired'])
      expect(after).not.toHaveProperty(name)
  })

  it('may be of a type that no device understands, and then reaches none', async () => {
    await using graph = await openGraph()
    const device = await graph.office.device()
    const made = await graph.post(CONFIGURATION, {
      '@odata.type': '#microsoft.graph.windowsUpdateForBusinessConfiguration',
      displayName: 'ring 0',
      qualityUpdatesDeferralPeriodInDays: 3,
      automaticUpdateMode: 'autoInstallAtMaintenanceTime',
    })
    const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' }
    await graph.post(`${CONFIGURATION}/${made['id']}/assign`, { assignments: [{ target }] })
    expect(await graph.get(`${CONFIGURATION}/${made['id']}`)).toMatchObject({
      '@odata.type': '#microsoft.graph.windowsUpdateForBusinessConfiguration',
      qualityUpdatesDeferralPeriodInDays: 3,
    })
    expect(await graph.office.store.devicePolicies.forDevices([device.id])).toEqual([])
  })

  it.each([
    ['a misspelt property', { bitLockerEnabld: true }, "Did you mean 'bitLockerEnabled'"],
    ['a member that an enumeration does not have', { deviceThreatProtectionRequiredSecurityLevel: 'huge' }, 'huge'],
    ['a value of another type', { validOperatingSystemBuildRanges: 'x' }, 'StartArray'],
    ['a name that is none', { displayName: 7 }, 'displayName'],
    ['a part of another shape', { scheduledActionsForRule: [{ colour: 'red' }] }, 'colour'],
  ])('is refused with 400 for %s', async (_, part, message) => {
    await using graph = await openGraph()
    const refused = await refusal(graph, 'POST', COMPLIANCE, { ...compliance, ...part })
    expect(refused).toEqual([400, 'BadRequest', expect.stringContaining(message)])
    const { id } = await graph.post(COMPLIANCE, compliance)
    const patch = await refusal(graph, 'PATCH', `${COMPLIANCE}/${id}`, { ...windows, ...part })
    expect(patch).toEqual([400, 'BadRequest', expect.stringContaining(message)])
  })

  it('is refused without a type, with one that is abstract, foreign, or none', async () => {
    await using graph = await openGraph()
    const { '@odata.type': _, ...untyped } = compliance
    const refused = async (type: string | undefined) =>
      await refusal(graph, 'POST', COMPLIANCE, { ...untyped, ...(type === undefined ? {} : { '@odata.type': type }) })
    expect(await refused(undefined)).toEqual([400, 'BadRequest', expect.stringContaining('abstract')])
    for (const type of ['deviceCompliancePolicy', 'windows10GeneralConfiguration', 'user', 'nothing'])
      expect((await refused(`#microsoft.graph.${type}`)).slice(0, 2)).toEqual([400, 'BadRequest'])
  })

  it('of the catalogue is checked as well, outside of its settings', async () => {
    await using graph = await openGraph()
    const path = '/deviceManagement/configurationPolicies'
    const policy = { name: 'c', platforms: 'windows10', technologies: 'mdm', settings: [] }
    const made = await graph.post(path, { ...policy, templateReference: { templateId: '' } })
    expect(made).toMatchObject({ name: 'c', templateReference: { templateId: '' } })
    expect((await refusal(graph, 'POST', path, { ...policy, colour: 'red' }))[0]).toBe(400)
    expect((await refusal(graph, 'POST', path, { ...policy, technologies: 'magic' }))[0]).toBe(400)
  })
})
