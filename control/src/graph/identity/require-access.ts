import type { ErrorCode } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { transitiveGroupsOf } from '../../app/memberships.ts'
import {
  type Access,
  type AccessPolicy,
  appliedPolicies,
  decideAccess,
  evaluatePolicies,
  type NamedLocation,
  type SignIn,
} from '../../domain/conditional-access/index.ts'
import type { Device } from '../../domain/model.ts'
import { deviceEntity } from '../resources/directory-devices.ts'
import { directoryRolesOf } from './held-roles.ts'
import type { IdentityDeps } from './identity-deps.ts'
import type { Attempt } from './sign-in-attempt.ts'
import { readUserAgent } from './user-agent.ts'

/**
 * Ask the tenant's conditional access policies whether somebody gets in; what each of them meant goes with the attempt. What
 * the device is counts as it is now.
 * @throws CodedError `token/access-blocked`, `token/device-not-compliant` and their kin
 */
export async function requireAccess(deps: IdentityDeps, attempt: Attempt): Promise<void> {
  const { objects } = deps.store
  const device = await claimedDevice(deps, attempt)
  if (device) attempt.device = device
  if (device?.remarks?.disabled)
    throw new CodedError('token/device-disabled', 'Device used during the authentication is disabled.')
  const policies = (await objects.list('identity/conditionalAccess/policies')) as unknown as readonly AccessPolicy[]
  if (policies.length === 0) return
  const locations = await objects.list('identity/conditionalAccess/namedLocations')
  // Both were checked against the model when they were written.
  const verdicts = evaluatePolicies(
    policies,
    locations as unknown as readonly NamedLocation[],
    await signInOf(deps, attempt, device),
  )
  const satisfied = new Set(attempt.signedIn?.factors ?? [])
  if (device && deviceEntity(device)['isCompliant'] === true) satisfied.add('compliantDevice')
  const access = decideAccess(verdicts, satisfied)
  const isGranted = access.outcome === 'granted'
  const isAnyApplied = verdicts.some(({ applies, policy }) => applies && policy.state === 'enabled')
  attempt.access = {
    conditionalAccessStatus: isGranted ? (isAnyApplied ? 'success' : 'notApplied') : 'failure',
    applied: appliedPolicies(verdicts, satisfied),
  }
  if (!isGranted) throw refusalOf(access)
}

/** The device that a client says it is on, if the directory has it. */
async function claimedDevice({ store }: IdentityDeps, { signedIn }: Attempt): Promise<Device | undefined> {
  const value = signedIn?.deviceId?.toLowerCase()
  if (value === undefined) return undefined
  const filter = { op: 'eq', column: 'entraDeviceId', value } as const
  const { rows } = await store.devices.query({ among: 'inDirectory', filter, orderBy: [], limit: 1 })
  return rows[0]?.row
}

/** As conditional access names the platforms of devices; it knows no others. */
const platforms: Readonly<Partial<Record<Device['platform'], string>>> = {
  windows: 'windows',
  macOS: 'macOS',
  iOS: 'iOS',
  iPadOS: 'iOS',
  android: 'android',
  linux: 'linux',
}

async function signInOf(
  deps: IdentityDeps,
  { kind, client, resource, user, incoming, form, transferMethod }: Attempt,
  device: Device | undefined,
): Promise<SignIn> {
  const said = readUserAgent(`${incoming.headers?.['user-agent'] ?? ''} ${form.get('x-client-OS') ?? ''}`).platform
  const platform = device ? platforms[device.platform] : said
  const isPublic = client?.application.isPublicClient === true
  return {
    who: user && kind !== 'servicePrincipal' ? await whoOf(deps, user.id) : servicePrincipal(client),
    what: { kind: 'applications', ids: [resource?.appId ?? '', client?.application.appId ?? ''] },
    clientAppType: isPublic ? 'mobileAppsAndDesktopClients' : 'browser',
    signInRisk: 'none',
    userRisk: 'none',
    ...(platform === undefined ? {} : { platform }),
    ...(incoming.remoteAddress === undefined ? {} : { ipAddress: incoming.remoteAddress }),
    ...(transferMethod === undefined ? {} : { transferMethod }),
    ...(device ? { device: deviceProperties(device) } : {}),
  }
}

const servicePrincipal = (client: Attempt['client']): SignIn['who'] => ({
  kind: 'servicePrincipal',
  id: client?.principal.id ?? '',
})

async function whoOf({ store }: IdentityDeps, id: string): Promise<SignIn['who']> {
  const groups = await transitiveGroupsOf(store, [id])
  return { kind: 'user', id, groupIds: groups.get(id) ?? [], roleIds: await directoryRolesOf(store, id) }
}

/** What device filters may ask for. */
function deviceProperties(device: Device): NonNullable<SignIn['device']> {
  const simple = Object.entries(deviceEntity(device)).filter(([, value]) => typeof value !== 'object' || value === null)
  return Object.fromEntries(simple) as NonNullable<SignIn['device']>
}

interface Refusal {
  readonly code: ErrorCode
  readonly message: string
}

const SECOND_FACTOR: Refusal = {
  code: 'token/second-factor-required',
  message:
    'Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.',
}

/** By the control that is missing; what a user can still do by themselves comes first. */
const refusals: readonly (readonly [control: string, Refusal])[] = [
  ['mfa', SECOND_FACTOR],
  ['authenticationStrength', SECOND_FACTOR],
  [
    'compliantDevice',
    {
      code: 'token/device-not-compliant',
      message:
        'Device is not in required device state: compliant. Conditional Access policy requires a compliant device, and the device is not compliant. The user must enroll their device with an approved MDM provider like Intune.',
    },
  ],
  [
    'domainJoinedDevice',
    {
      code: 'token/device-not-joined',
      message:
        'Device is not in required device state: domain_joined. Conditional Access policy requires a domain joined device, and the device is not domain joined.',
    },
  ],
  [
    'approvedApplication',
    { code: 'token/app-not-approved', message: 'The app used is not an approved app for Conditional Access.' },
  ],
  [
    'compliantApplication',
    { code: 'token/app-not-approved', message: 'The app used has no app protection policy for Conditional Access.' },
  ],
]

function refusalOf({ outcome, missing }: Access): CodedError {
  if (outcome === 'blocked')
    return new CodedError(
      'token/access-blocked',
      'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
    )
  const controls = new Set(missing.flatMap((each) => each.controls))
  const found = refusals.find(([control]) => controls.has(control))?.[1]
  const message = `External security challenge was not satisfied: ${[...controls].join(', ')}.`
  const { code, message: text } = found ?? { code: 'token/challenge-not-met', message }
  return new CodedError(code, text)
}
