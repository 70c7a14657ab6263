import { graphPolicyTypeFor, userPrincipalName } from '@muster/shared/contracts'
import { type ScenarioPolicy, userCount } from '@muster/shared/scenario'
import { createMany } from '../client/graph.ts'
import type { RunContext } from './context.ts'

type Entity = Record<string, unknown>

/** Write users, groups, filters, restrictions and policies through Graph, as an administrator would. */
export async function prepareTenant(context: RunContext): Promise<void> {
  const { scenario, client } = context
  const { tenant } = scenario
  const { secureByDefault, complianceValidityDays } = tenant.settings
  if (secureByDefault !== undefined || complianceValidityDays !== undefined) {
    const settings = {
      ...(secureByDefault === undefined ? {} : { secureByDefault }),
      ...(complianceValidityDays === undefined ? {} : { deviceComplianceCheckinThresholdDays: complianceValidityDays }),
    }
    await client.call('PATCH', '/v1.0/deviceManagement', { settings })
  }
  await createMany(client, '/users', usersOf(context))
  context.note('tenant', `${userCount(scenario)} users`)
  for (const group of tenant.groups) {
    const body: Entity = { displayName: group.id, mailEnabled: false, mailNickname: group.id, securityEnabled: true }
    if (group.rule !== undefined)
      Object.assign(body, {
        groupTypes: ['DynamicMembership'],
        membershipRule: group.rule,
        membershipRuleProcessingState: 'On',
      })
    context.groupIds.set(group.id, idOf(await client.call('POST', '/v1.0/groups', body)))
  }
  for (const { id, platform, rule } of tenant.filters) {
    const body = { displayName: id, platform, rule, assignmentFilterManagementType: 'devices' }
    context.filterIds.set(id, idOf(await client.call('POST', '/beta/deviceManagement/assignmentFilters', body)))
  }
  await writeRestrictions(context)
  await addPolicies(context, scenario.policies)
}

/** Policies that a scenario has beyond those that the tenant it goes on with has. */
export const addNewPolicies = (context: RunContext): Promise<void> =>
  addPolicies(
    context,
    context.scenario.policies.filter(({ id }) => !context.policyIds.has(id)),
  )

/** Make policies, and assign those that are for somebody from the start. */
async function addPolicies(context: RunContext, policies: readonly ScenarioPolicy[]): Promise<void> {
  for (const policy of policies) {
    await createPolicy(context, policy)
    if (policy.assignTo.length > 0) await assignPolicy(context, policy, policy.assignTo, policy.exclude)
  }
  if (policies.length > 0) context.note('tenant', `${policies.length} policies`)
}

const idOf = (entity: unknown): string => String((entity as Entity)['id'])

const departments = ['Engineering', 'Sales', 'Finance', 'Operations', 'Field Service', 'People']

function usersOf({ scenario }: RunContext): readonly Entity[] {
  const { domain } = scenario.tenant.users
  return Array.from({ length: userCount(scenario) }, (_, index) => {
    const name = userPrincipalName(index + 1, domain)
    return {
      userPrincipalName: name,
      displayName: `User ${String(index + 1).padStart(5, '0')}`,
      mail: name,
      accountEnabled: true,
      department: departments[index % departments.length],
    }
  })
}

/** Restriction platforms in Graph's words. */
const graphPlatform: Readonly<Record<string, string>> = { macOS: 'mac', iOS: 'ios' }

async function writeRestrictions({ scenario, client }: RunContext): Promise<void> {
  for (const restriction of scenario.tenant.restrictions) {
    const base = '/v1.0/deviceManagement/deviceEnrollmentConfigurations'
    const body =
      restriction.devicesPerUser !== undefined
        ? {
            '@odata.type': '#microsoft.graph.deviceEnrollmentLimitConfiguration',
            displayName: restriction.id,
            limit: restriction.devicesPerUser,
          }
        : {
            '@odata.type': '#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration',
            displayName: restriction.id,
            platformType: graphPlatform[restriction.platform ?? ''] ?? restriction.platform,
            platformRestriction: {
              platformBlocked: restriction.blocked,
              personalDeviceEnrollmentBlocked: restriction.personalBlocked,
              osMinimumVersion: restriction.osMinimum ?? null,
              osMaximumVersion: restriction.osMaximum ?? null,
              blockedManufacturers: restriction.blockedManufacturers,
            },
          }
    const id = idOf(await client.call('POST', base, body))
    const everybody = [
      { target: { '@odata.type': '#microsoft.graph.allLicensedUsersAssignmentTarget' } },
      { target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } },
    ]
    await client.call('POST', `${base}/${id}/assign`, { enrollmentConfigurationAssignments: everybody })
  }
}

const HOUR_MS = 3_600_000

/** Where a policy of the scenario lives in Graph. */
export function policyPath(context: RunContext, policy: ScenarioPolicy): string {
  const { resource } = graphPolicyTypeFor(policy.type, policy.platform)
  const id = context.policyIds.get(policy.id)
  // v1.0 has neither every type of policy nor every setting, and tells less of how they stand.
  return `/beta/deviceManagement/${resource}${id === undefined ? '' : `/${id}`}`
}

async function createPolicy(context: RunContext, policy: ScenarioPolicy): Promise<void> {
  const { resource, type } = graphPolicyTypeFor(policy.type, policy.platform)
  const name = policy.name ?? policy.id
  const actions =
    policy.type === 'compliance'
      ? {
          scheduledActionsForRule: [
            {
              ruleName: 'PasswordRequired',
              scheduledActionConfigurations: [
                { actionType: 'block', gracePeriodHours: Math.round(policy.gracePeriod / HOUR_MS) },
                ...policy.actions.map((action) => ({
                  actionType: action.type,
                  gracePeriodHours: Math.round(action.after / HOUR_MS),
                })),
              ],
            },
          ],
        }
      : {}
  const body = resource.startsWith('device')
    ? { '@odata.type': type, displayName: name, ...policy.settings, ...actions }
    : { name, platforms: type, settings: await catalogSettings(context, policy, policy.settings), ...actions }
  const created = await context.client.call('POST', policyPath(context, policy), body)
  context.policyIds.set(policy.id, idOf(created))
}

/** Change a policy's settings: those given replace their like, the others stay. */
export async function updatePolicy(
  context: RunContext,
  policy: ScenarioPolicy,
  changed: ScenarioPolicy['settings'],
): Promise<void> {
  const { resource, type } = graphPolicyTypeFor(policy.type, policy.platform)
  const settings = { ...(context.settingsNow.get(policy.id) ?? policy.settings), ...changed }
  context.settingsNow.set(policy.id, settings)
  const body = resource.startsWith('device')
    ? { '@odata.type': type, ...changed }
    : {
        name: policy.name ?? policy.id,
        platforms: type,
        settings: await catalogSettings(context, policy, settings),
      }
  await context.client.call(resource.startsWith('device') ? 'PATCH' : 'PUT', policyPath(context, policy), body)
}

/** Settings of a catalogue policy by the catalogue's own ids, which the service lists. */
async function catalogSettings(
  context: RunContext,
  policy: ScenarioPolicy,
  settings: ScenarioPolicy['settings'],
): Promise<readonly Entity[]> {
  const filter = encodeURIComponent(`platform eq '${policy.platform}' and kind eq '${policy.type}'`)
  const { value } = (await context.client.call(
    'GET',
    `/beta/deviceManagement/configurationSettings?$filter=${filter}&$top=1000`,
  )) as { value: { id: string; name: string }[] }
  const ids = new Map(value.map((definition) => [definition.name, definition.id]))
  return Object.entries(settings).map(([name, setting]) => {
    const settingDefinitionId = ids.get(name) ?? name
    const instance =
      typeof setting === 'boolean'
        ? { choiceSettingValue: { value: `${settingDefinitionId}_${setting}` } }
        : Array.isArray(setting)
          ? { simpleSettingCollectionValue: setting.map((each) => ({ value: each })) }
          : { simpleSettingValue: { value: setting } }
    return { settingInstance: { settingDefinitionId, ...instance } }
  })
}

/** Replace a policy's assignments. */
export async function assignPolicy(
  context: RunContext,
  policy: ScenarioPolicy,
  to: readonly string[],
  exclude: readonly string[],
): Promise<void> {
  const filter = policy.filter
    ? {
        deviceAndAppManagementAssignmentFilterId: context.filterIds.get(policy.filter.id),
        deviceAndAppManagementAssignmentFilterType: policy.filter.mode,
      }
    : {}
  const assignments = [
    ...to.map((name) => ({ target: { ...targetOf(context, name), ...filter } })),
    ...exclude.map((name) => ({
      target: { '@odata.type': '#microsoft.graph.exclusionGroupAssignmentTarget', groupId: context.groupIds.get(name) },
    })),
  ]
  await context.client.call('POST', `${policyPath(context, policy)}/assign`, { assignments })
}

function targetOf(context: RunContext, name: string): Entity {
  if (name === 'all-devices') return { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' }
  if (name === 'all-users') return { '@odata.type': '#microsoft.graph.allLicensedUsersAssignmentTarget' }
  return { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: context.groupIds.get(name) }
}
