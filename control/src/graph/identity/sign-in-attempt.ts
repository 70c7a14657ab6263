import { CodedError, DAY_MS } from '@muster/shared/core'
import type { SignedIn } from '../../domain/applications.ts'
import type { AppliedPolicy } from '../../domain/conditional-access/index.ts'
import type { Device, User } from '../../domain/model.ts'
import type { SignInEvent, SignInKind } from '../../domain/sign-in-event.ts'
import type { IncomingRequest } from '../dispatch.ts'
import { deviceEntity } from '../resources/directory-devices.ts'
import { aadstsOf } from './aadsts.ts'
import type { Client } from './access-token.ts'
import { findClient, type Resource } from './application-directory.ts'
import type { IdentityDeps } from './identity-deps.ts'
import { readUserAgent } from './user-agent.ts'

/** How long the log keeps sign-ins, as Entra does. */
const KEPT_MS = 30 * DAY_MS

/** What is known of somebody who comes for tokens; it becomes more while they are looked at. */
export interface Attempt {
  readonly kind: SignInKind
  readonly incoming: Pick<IncomingRequest, 'correlationId' | 'remoteAddress' | 'headers'>
  readonly form: URLSearchParams
  /** `deviceCodeFlow`, where another device takes the sign-in over. */
  transferMethod?: string
  client?: Pick<Client, 'application' | 'principal'>
  resource?: Resource
  user?: User
  signedIn?: SignedIn
  /** As the directory has it. */
  device?: Device
  /** Once conditional access has been asked. */
  access?: Pick<SignInEvent, 'conditionalAccessStatus'> & { readonly applied: readonly AppliedPolicy[] }
}

/** Refusals that are no end of an attempt. */
const passing: ReadonlySet<string> = new Set(['token/authorization-pending'])

/** Let somebody come for tokens; whatever comes of it is in the log, where it is known who it was. */
export async function attempting<T>(
  deps: IdentityDeps,
  begun: Attempt,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const attempt: Attempt = { ...begun }
  try {
    const value = await work(attempt)
    await record(deps, attempt, undefined)
    return value
  } catch (error) {
    if (error instanceof CodedError && aadstsOf(error.code) !== undefined && !passing.has(error.code)) {
      await recognise(deps, attempt)
      await record(deps, attempt, error)
    }
    throw error
  }
}

/** Who it was that was refused before anybody knew them. */
async function recognise({ store }: IdentityDeps, attempt: Attempt): Promise<void> {
  const { form } = attempt
  const name = form.get('pick') ?? form.get('username') ?? ''
  if (!attempt.user && name !== '') {
    const [user] = await store.users.findByPrincipalName([name.trim()])
    if (user) attempt.user = user
  }
  if (attempt.client) return
  const { application, principal } = (await findClient(store, form.get('client_id') ?? '')) ?? {}
  if (application && principal) attempt.client = { application, principal }
}

async function record(deps: IdentityDeps, attempt: Attempt, refusal: CodedError | undefined): Promise<void> {
  const { client, user, kind } = attempt
  if (!client || (kind !== 'servicePrincipal' && !user)) return
  const { store } = deps
  const event = eventOf(deps, attempt, client, refusal)
  await store.transaction(async ({ signIns }) => {
    await signIns.append([event])
    await signIns.removeExpired(event.atMs - KEPT_MS)
  })
}

function eventOf(
  deps: IdentityDeps,
  { kind, incoming, user, resource, access, device, signedIn }: Attempt,
  { application, principal }: NonNullable<Attempt['client']>,
  refusal: CodedError | undefined,
): SignInEvent {
  const userAgent = String(incoming.headers?.['user-agent'] ?? '').slice(0, 500)
  const { platform, browser } = readUserAgent(userAgent)
  return {
    id: deps.ids.guid(),
    atMs: deps.nowMs(),
    kind,
    correlationId: incoming.correlationId,
    ...(user && kind !== 'servicePrincipal'
      ? { user: { id: user.id, principalName: user.userPrincipalName, displayName: user.displayName } }
      : {}),
    application: { appId: application.appId, displayName: application.displayName, principalId: principal.id },
    ...(resource ? { resource: { appId: resource.appId, displayName: displayNameOf(resource) } } : {}),
    clientAppUsed: application.isPublicClient ? 'Mobile Apps and Desktop clients' : 'Browser',
    ipAddress: incoming.remoteAddress ?? '',
    userAgent,
    device: device
      ? deviceDetail(device, browser)
      : {
          deviceId: signedIn?.deviceId ?? '',
          displayName: '',
          operatingSystem: platform ?? '',
          browser,
          isCompliant: false,
          isManaged: false,
          trustType: '',
        },
    errorCode: refusal ? (aadstsOf(refusal.code) ?? 0) : 0,
    failureReason: refusal?.message ?? '',
    conditionalAccessStatus: access?.conditionalAccessStatus ?? 'notApplied',
    appliedPolicies: access?.applied ?? [],
  }
}

/** Microsoft's own have names that everybody knows. */
const displayNameOf = ({ names, appId }: Resource): string =>
  names[0] === 'https://graph.microsoft.com' ? 'Microsoft Graph' : (names[0] ?? appId)

const trustTypes: Readonly<Record<string, string>> = { AzureAd: 'Azure AD joined', Workplace: 'Azure AD registered' }

function deviceDetail(device: Device, browser: string): SignInEvent['device'] {
  const entity = deviceEntity(device)
  return {
    deviceId: device.entraDeviceId,
    displayName: device.inventory.deviceName,
    operatingSystem: `${device.inventory.os.name} ${device.inventory.os.version}`,
    browser,
    isCompliant: entity['isCompliant'] === true,
    isManaged: entity['isManaged'] === true,
    trustType: trustTypes[String(entity['trustType'])] ?? '',
  }
}
