import { CodedError, DAY_MS } from '@muster/shared/core'
import type { Tables } from '../../app/ports.ts'
import type { SignedIn } from '../../domain/applications.ts'
import type { User } from '../../domain/model.ts'
import { type Client, idToken, LIFETIME_S, userToken } from './access-token.ts'
import { findResource, GRAPH_APP_ID, type Resource } from './application-directory.ts'
import { directoryRolesOf } from './held-roles.ts'
import { type IdentityDeps, type Redemption, sha256, type TokenRequest } from './identity-deps.ts'
import { idFor } from './permissions.ts'
import { requireAccess } from './require-access.ts'
import type { ScopeRequest } from './scopes.ts'

export type TokenBody = Readonly<Record<string, unknown>>

const REFRESH_TOKEN_MS = 90 * DAY_MS

/** @throws CodedError `token/unknown-resource` */
export async function requireResource(deps: IdentityDeps, { resource }: ScopeRequest): Promise<Resource> {
  // Only to be signed in, without an API: the token is for Graph, which tells of the user.
  const found = await findResource(deps.store, resource ?? GRAPH_APP_ID)
  if (found) return found
  throw new CodedError(
    'token/unknown-resource',
    `The resource principal named ${String(resource).slice(0, 200)} was not found in the tenant named ${deps.tenant}.`,
  )
}

/** @throws CodedError `token/unknown-user`, `token/user-disabled` */
export async function requireUser({ store }: IdentityDeps, by: { name: string } | { id: string }): Promise<User> {
  const user = 'id' in by ? await store.users.get(by.id) : (await store.users.findByPrincipalName([by.name.trim()]))[0]
  if (!user) {
    const name = 'id' in by ? by.id : by.name.slice(0, 120)
    throw new CodedError('token/unknown-user', `The user account ${name} does not exist in the directory.`)
  }
  if (!user.accountEnabled) throw new CodedError('token/user-disabled', 'The user account is disabled.')
  return user
}

/** Scopes of an API that an application may use for a user. */
export async function consentedScopes(
  { permissionGrants }: Pick<Tables, 'permissionGrants'>,
  client: Client['principal'],
  resource: Resource,
  userId: string,
): Promise<ReadonlySet<string>> {
  const matching = (await permissionGrants.list()).filter(
    ({ clientId, resourceId, principalId }) =>
      clientId === client.id && resourceId === resource.principalId && (principalId ?? userId) === userId,
  )
  const scopes = matching.flatMap((grant) => grant.scopes)
  return new Set(client.holdsEveryRole ? [...scopes, ...resource.scopes.map(({ value }) => value)] : scopes)
}

/**
 * Note that a user, by signing in, agrees to what the application asks for; `.default` asks for what is agreed to already,
 * and at the first time for no more than to know the user, or for all that an API of the tenant offers.
 */
export async function consent(
  deps: IdentityDeps,
  client: Client['principal'],
  resource: Resource,
  asked: ScopeRequest,
  userId: string,
): Promise<void> {
  await deps.store.transaction(async (tables) => {
    const before = await consentedScopes(tables, client, resource, userId)
    const first = resource.appId === GRAPH_APP_ID ? ['User.Read'] : resource.scopes.map(({ value }) => value)
    const wanted = asked.isDefault && before.size === 0 ? first : asked.scopes
    const added = wanted.filter((scope) => !before.has(scope))
    if (added.length === 0) return
    const id = idFor('consent', client.id, resource.principalId, userId)
    const own = await tables.permissionGrants.get(id)
    const scopes = [...new Set([...(own?.scopes ?? []), ...added])]
    await tables.permissionGrants.put({
      id,
      clientId: client.id,
      principalId: userId,
      resourceId: resource.principalId,
      scopes,
    })
  })
}

/**
 * The tokens with which an application acts for a user: access, and as asked for id and refresh.
 * @throws CodedError `token/consent-required`, `token/unknown-resource`
 */
export async function tokensForUser(
  deps: IdentityDeps,
  client: Client,
  user: User,
  asked: ScopeRequest,
  request: Redemption,
  nonce: string | null = null,
): Promise<TokenBody> {
  const { attempt } = request
  attempt.user = user
  const resource = await requireResource(deps, asked)
  attempt.resource = resource
  await requireAccess(deps, attempt)
  const scopes = await grantedScopes(deps, client, resource, asked, user)
  const wids = await directoryRolesOf(deps.store, user.id)
  const { signedIn = {} } = attempt
  const amr = ['pwd', ...(signedIn.factors ?? [])]
  const accessToken = await userToken(deps, client, resource, { user, scopes, wids, amr, ...signedIn })
  const clientInfo = JSON.stringify({ uid: user.id, utid: deps.tenantId })
  return {
    token_type: 'Bearer',
    scope: scopeText(resource, scopes, asked),
    ...lifetimes(deps, request, resource),
    access_token: accessToken,
    ...(asked.wantsRefreshToken
      ? { refresh_token: await refreshToken(deps, client, user.id, askedText(resource, asked), signedIn) }
      : {}),
    ...(asked.wantsIdToken ? { id_token: await idToken(deps, client, user, { origin: request.origin, nonce }) } : {}),
    ...(request.form.get('client_info') === null ? {} : { client_info: Buffer.from(clientInfo).toString('base64url') }),
  }
}

async function grantedScopes(
  { store }: IdentityDeps,
  client: Client,
  resource: Resource,
  { isDefault, scopes }: ScopeRequest,
  user: User,
): Promise<readonly string[]> {
  const consented = await consentedScopes(store, client.principal, resource, user.id)
  const spelt = new Map([...consented].map((scope) => [scope.toLowerCase(), scope]))
  const missing = scopes.filter((scope) => !spelt.has(scope.toLowerCase()))
  if (missing.length > 0 || (isDefault && consented.size === 0))
    throw new CodedError(
      'token/consent-required',
      `The user or administrator has not consented to use the application with ID '${client.application.appId}' named '${client.application.displayName}'. Send an interactive authorization request for this user and resource.`,
    )
  return isDefault ? [...consented] : scopes.map((scope) => spelt.get(scope.toLowerCase()) ?? scope)
}

/** How long the access token lasts, as either version says it. */
export function lifetimes(deps: IdentityDeps, { version }: TokenRequest, resource: Resource): TokenBody {
  const seconds = LIFETIME_S - 1
  if (version === 2) return { expires_in: seconds, ext_expires_in: seconds }
  const now = Math.floor(deps.nowMs() / 1_000)
  return {
    expires_in: String(seconds),
    ext_expires_in: String(seconds),
    expires_on: String(now + seconds),
    not_before: String(now),
    resource: resource.names[0] ?? resource.audience,
  }
}

const openIdScopes = ({ wantsIdToken, wantsRefreshToken }: ScopeRequest): readonly string[] => [
  ...(wantsIdToken ? ['openid', 'profile'] : []),
  ...(wantsRefreshToken ? ['offline_access'] : []),
]

const prefixed = ({ names }: Resource, scope: string): string => `${names[0]}/${scope}`

/** As it is told: scopes of Graph without the API's name, which is how clients know them. */
function scopeText(resource: Resource, scopes: readonly string[], asked: ScopeRequest): string {
  const named = resource.appId === GRAPH_APP_ID ? scopes : scopes.map((scope) => prefixed(resource, scope))
  const email = asked.wantsIdToken ? ['email'] : []
  const openId = openIdScopes(asked).filter((scope) => scope !== 'offline_access')
  return [...named, ...openId, ...email].join(' ')
}

/** As it was asked for, to be asked for again. */
export const askedText = (resource: Resource, asked: ScopeRequest): string =>
  [
    ...(asked.isDefault ? ['.default'] : asked.scopes).map((scope) => prefixed(resource, scope)),
    ...openIdScopes(asked),
  ].join(' ')

/** A new one each time; those before it stay good until their end, as with Microsoft, because several programs may share one. */
async function refreshToken(
  deps: IdentityDeps,
  { application }: Client,
  userId: string,
  scope: string,
  signedIn: SignedIn,
): Promise<string> {
  const token = `1.${deps.ids.secret()}${deps.ids.secret()}`
  const expiresAtMs = deps.nowMs() + REFRESH_TOKEN_MS
  await deps.store.grants.put({
    id: sha256(token),
    kind: 'refreshToken',
    clientId: application.appId,
    userId,
    scope,
    ...signedIn,
    expiresAtMs,
  })
  return token
}
