import { builtInRules } from '../../domain/built-in-rules.ts'
import { resourceAction } from '../../domain/intune-roles/actions.ts'
import type { Device, DevicePolicy, Policy } from '../../domain/model.ts'
import { memoryPage } from '../collection.ts'
import type { GraphAnswer, GraphRequest } from '../graph-request.ts'
import { reaches } from '../roles/reach.ts'
import { shownTags } from '../roles/written-tags.ts'
import { deviceOf } from './managed-devices.ts'

type Entity = Readonly<Record<string, unknown>>

/** Graph's names of platforms in states; it has none for the others. */
const platformTypes: Readonly<Record<string, string>> = {
  windows: 'windows10AndLater',
  macOS: 'macOS',
  iOS: 'iOS',
  iPadOS: 'iOS',
  android: 'android',
}

/** Graph has no word for what is still to be reported. */
const stateOf = (state: string): string => (state === 'pending' ? 'unknown' : state)

/** A device's states for the policies of one kind, as `deviceCompliancePolicyStates` or `deviceConfigurationStates`. */
export const policyStates =
  (kind: Policy['kind'], set: string) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const { store } = request.control.deps
    const device = await deviceOf(request)
    const rows = (await store.devicePolicies.forDevices([device.id])).filter((row) => row.kind === kind)
    const all = await store.policies.list()
    const isSeen = (policy: Policy): boolean => reaches(request.reach, shownTags(policy), [reading(policy.kind)])
    const hidden = new Set(all.filter((policy) => !isSeen(policy)).map(({ id }) => id))
    const policies = new Map(all.map((policy) => [policy.id, policy]))
    const known = rows.map((row) => withoutHidden(row, hidden)).filter(({ policyId }) => !hidden.has(policyId))
    const states = known.map((row) => policyState(row, policies, device))
    const builtIn = kind === 'compliance' ? [await builtInState(request, device, rows.length)] : []
    return memoryPage(request, `deviceManagement/managedDevices('${device.id}')/${set}`, [...states, ...builtIn])
  }

const reading = (kind: Policy['kind']): string =>
  resourceAction(kind === 'compliance' ? 'DeviceCompliancePolices' : 'DeviceConfigurations', 'Read')

/** Without the policies of a conflict that are not to be known. */
const withoutHidden = (row: DevicePolicy, hidden: ReadonlySet<string>): DevicePolicy => ({
  ...row,
  conflicts: row.conflicts.map((conflict) => ({
    ...conflict,
    others: conflict.others.filter(({ policyId }) => !hidden.has(policyId)),
  })),
})

function policyState(row: DevicePolicy, policies: ReadonlyMap<string, Policy>, device: Device): Entity {
  const source = (policyId: string): Entity => {
    const policy = policies.get(policyId)
    return {
      id: policyId,
      displayName: policy?.name ?? '',
      sourceType: policy?.kind === 'compliance' ? 'deviceCompliance' : 'deviceConfiguration',
    }
  }
  return {
    id: `${row.policyId}_${row.deviceId}`,
    displayName: policies.get(row.policyId)?.name ?? '',
    version: row.reportedRevision ?? 0,
    platformType: platformTypes[device.platform] ?? 'all',
    state: stateOf(row.reportedRevision === row.revision ? row.state : 'pending'),
    settingCount: row.settings.length,
    settingStates: row.settings.map((outcome) => ({
      setting: outcome.setting,
      settingName: outcome.setting,
      state: stateOf(outcome.state),
      currentValue: outcome.actual === undefined ? null : String(outcome.actual),
      errorCode: Number(outcome.errorCode ?? 0) || 0,
      errorDescription: outcome.errorCode ?? null,
      sources: (row.conflicts.find(({ setting }) => setting === outcome.setting)?.others ?? []).map(({ policyId }) =>
        source(policyId),
      ),
    })),
  }
}

/** The three rules of the policy that every tenant has built in. */
async function builtInState({ control }: GraphRequest, device: Device, policies: number): Promise<Entity> {
  const { store, clock } = control.deps
  const [settings, users] = await Promise.all([
    store.settings.get(),
    store.users.getMany(device.userId === undefined ? [] : [device.userId]),
  ])
  const { hasPolicy, isActive, userExists } = builtInRules({
    nowMs: clock.nowMs(),
    lastSyncAtMs: device.lastSyncAtMs,
    policies,
    userExists: device.userId === undefined || users[0]?.accountEnabled === true,
    settings,
  })
  const rules = {
    'Has a compliance policy assigned': hasPolicy,
    'Is active': isActive,
    'Enrolled user exists': userExists,
  }
  const verdict = (isMet: boolean): string => (isMet ? 'compliant' : 'nonCompliant')
  return {
    id: `default_${device.id}`,
    displayName: 'Default Device Compliance Policy',
    version: 1,
    platformType: 'all',
    state: verdict(hasPolicy && isActive && userExists),
    settingCount: 3,
    settingStates: Object.entries(rules).map(([settingName, isMet]) => ({
      setting: `DefaultDeviceCompliancePolicy.${settingName.replaceAll(' ', '')}`,
      settingName,
      state: verdict(isMet),
      currentValue: String(isMet),
      errorCode: 0,
      errorDescription: null,
      sources: [],
    })),
  }
}
