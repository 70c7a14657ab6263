import { parseDeviceFilter } from '../rules/index.ts'
import { isInRange } from './ip-range.ts'
import type { AccessPolicy, Conditions, NamedLocation, SignIn } from './policy.ts'

/** Why a policy does not apply, in the words of Graph's What If. `notSet`: it does. */
export type AnalysisReason =
  | 'notSet'
  | 'policyNotEnabled'
  | 'emptyPolicy'
  | 'invalidCondition'
  | 'notEnoughInformation'
  | 'users'
  | 'workloadIdentities'
  | 'application'
  | 'userActions'
  | 'authenticationContext'
  | 'devicePlatform'
  | 'devices'
  | 'clientApps'
  | 'location'
  | 'signInRisk'
  | 'userRisk'
  | 'insiderRisk'
  | 'authenticationFlow'

export interface PolicyVerdict {
  readonly policy: AccessPolicy
  readonly applies: boolean
  readonly reason: AnalysisReason
}

/** Every policy with whether it applies to a sign-in, and if not, the first condition that does not match. */
export const evaluatePolicies = (
  policies: readonly AccessPolicy[],
  locations: readonly NamedLocation[],
  signIn: SignIn,
): readonly PolicyVerdict[] =>
  policies.map((policy) => {
    const reason = reasonAgainst(policy, locations, signIn)
    return { policy, applies: reason === 'notSet', reason }
  })

function reasonAgainst(policy: AccessPolicy, locations: readonly NamedLocation[], signIn: SignIn): AnalysisReason {
  if (policy.state === 'disabled') return 'policyNotEnabled'
  const conditions = policy.conditions
  if (!conditions) return 'emptyPolicy'
  for (const [reason, holds] of checks) {
    const held = holds(conditions, signIn, locations)
    if (held === 'unknown') return 'notEnoughInformation'
    if (held === 'invalid') return 'invalidCondition'
    if (!held) return reason
  }
  return 'notSet'
}

/** True, false, or why nothing can be said. */
type Held = boolean | 'unknown' | 'invalid'
type Check = (conditions: Conditions, signIn: SignIn, locations: readonly NamedLocation[]) => Held

const has = (names: readonly string[] | null | undefined, ...wanted: readonly string[]): boolean =>
  names?.some((name) => wanted.some((each) => each.toLowerCase() === name.toLowerCase())) ?? false

const isEmpty = (names: readonly string[] | null | undefined): boolean => !names?.length

/** Inclusion and then exclusion over one value; `all` includes everything, also what is not known. */
function inside(
  value: string | undefined,
  include: readonly string[] | null | undefined,
  exclude: readonly string[] | null | undefined,
): Held {
  if (isEmpty(include)) return true
  if (value === undefined) return has(include, 'all') && isEmpty(exclude) ? true : 'unknown'
  return (has(include, 'all') || has(include, value)) && !has(exclude, value)
}

const users: Check = ({ users: wanted, clientApplications }, { who }) => {
  if (who.kind !== 'user') return !isEmpty(clientApplications?.includeServicePrincipals)
  if (!wanted) return false
  const isIn = (
    ids: readonly string[] | null | undefined,
    groups: readonly string[] | null | undefined,
    roles: readonly string[] | null | undefined,
  ): boolean => has(ids, who.id, 'All') || has(groups, ...who.groupIds) || has(roles, ...who.roleIds)
  return (
    isIn(wanted.includeUsers, wanted.includeGroups, wanted.includeRoles) &&
    !isIn(wanted.excludeUsers, wanted.excludeGroups, wanted.excludeRoles)
  )
}

const workloads: Check = ({ clientApplications: wanted }, { who }) =>
  who.kind === 'user' ||
  ((has(wanted?.includeServicePrincipals, who.id, 'ServicePrincipalsInMyTenant') &&
    !has(wanted?.excludeServicePrincipals, who.id)) ??
    false)

const applications: Check = ({ applications: wanted }, { what }) =>
  what.kind !== 'applications' ||
  ((has(wanted?.includeApplications, 'All') || has(wanted?.includeApplications, ...what.ids)) &&
    !has(wanted?.excludeApplications, ...what.ids))

const userActions: Check = ({ applications: wanted }, { what }) =>
  what.kind !== 'userAction' || has(wanted?.includeUserActions, what.action)

const contexts: Check = ({ applications: wanted }, { what }) =>
  what.kind !== 'authenticationContext' || has(wanted?.includeAuthenticationContextClassReferences, what.value)

const platforms: Check = ({ platforms: wanted }, { platform }) =>
  !wanted || inside(platform, wanted.includePlatforms, wanted.excludePlatforms)

const clientApps: Check = ({ clientAppTypes }, { clientAppType }) => inside(clientAppType, clientAppTypes, [])

const places: Check = ({ locations: wanted }, signIn, known) => {
  if (!wanted || isEmpty(wanted.includeLocations)) return true
  const isAt = (names: readonly string[] | null | undefined): Held => {
    let unknown = false
    for (const name of names ?? []) {
      const found = at(name, signIn, known)
      if (found === true) return true
      if (found === 'unknown') unknown = true
    }
    return unknown ? 'unknown' : false
  }
  const [included, excluded] = [isAt(wanted.includeLocations), isAt(wanted.excludeLocations)]
  if (included === false || excluded === true) return false
  return included === true && excluded === false ? true : 'unknown'
}

function at(name: string, { ipAddress, country }: SignIn, known: readonly NamedLocation[]): Held {
  if (name === 'All') return true
  if (name === 'AllTrusted') {
    const trusted = known.filter(({ isTrusted }) => isTrusted)
    return trusted.length === 0 ? false : isInOne(trusted, ipAddress)
  }
  const location = known.find(({ id }) => id === name)
  if (!location) return false
  if (location.ipRanges) return isInOne([location], ipAddress)
  if (country === undefined) return location.includeUnknownCountriesAndRegions === true || 'unknown'
  return has(location.countriesAndRegions, country)
}

const isInOne = (locations: readonly NamedLocation[], ipAddress: string | undefined): Held =>
  ipAddress === undefined
    ? 'unknown'
    : locations.some(({ ipRanges }) => ipRanges?.some(({ cidrAddress = '' }) => isInRange(ipAddress, cidrAddress)))

const risk =
  (
    wanted: (conditions: Conditions) => readonly string[] | null | undefined,
    of: (signIn: SignIn) => string | undefined,
  ): Check =>
  (conditions, signIn) =>
    inside(of(signIn), wanted(conditions), [])

const insiderRisk: Check = ({ insiderRiskLevels }, signIn) =>
  inside(
    signIn.insiderRisk,
    insiderRiskLevels?.split(',').map((level) => level.trim()),
    [],
  )

const devices: Check = ({ devices: wanted }, { device }) => {
  const filter = wanted?.deviceFilter
  if (!filter) return true
  const parsed = parseDeviceFilter(filter.rule)
  if (!parsed.ok) return 'invalid'
  // A device that the directory does not know has no properties: a rule that excludes it does not match.
  const matches = parsed.value.matches(device ?? {})
  return filter.mode === 'include' ? matches : !matches
}

const flows: Check = ({ authenticationFlows: wanted }, { transferMethod }) => {
  const methods = wanted?.transferMethods?.split(',').map((method) => method.trim()) ?? []
  return methods.length === 0 || has(methods, 'none') || has(methods, transferMethod ?? '')
}

const checks: readonly (readonly [AnalysisReason, Check])[] = [
  ['users', users],
  ['workloadIdentities', workloads],
  ['application', applications],
  ['userActions', userActions],
  ['authenticationContext', contexts],
  ['devicePlatform', platforms],
  ['clientApps', clientApps],
  ['location', places],
  [
    'signInRisk',
    risk(
      (conditions) => conditions.signInRiskLevels,
      (signIn) => signIn.signInRisk,
    ),
  ],
  [
    'userRisk',
    risk(
      (conditions) => conditions.userRiskLevels,
      (signIn) => signIn.userRisk,
    ),
  ],
  [
    'workloadIdentities',
    risk(
      (conditions) => conditions.servicePrincipalRiskLevels,
      (signIn) => signIn.servicePrincipalRisk,
    ),
  ],
  ['insiderRisk', insiderRisk],
  ['devices', devices],
  ['authenticationFlow', flows],
]
