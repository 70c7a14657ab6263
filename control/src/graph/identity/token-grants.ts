import { createHash, timingSafeEqual } from 'node:crypto'
import { CodedError } from '@muster/shared/core'
import type { Grant, SignedIn } from '../../domain/applications.ts'
import type { SignInKind } from '../../domain/sign-in-event.ts'
import { applicationToken, type Client, claimsOf } from './access-token.ts'
import { authenticateClient } from './client-authentication.ts'
import { type IdentityDeps, type Redemption, sha256, type TokenRequest } from './identity-deps.ts'
import { requireAccess } from './require-access.ts'
import { requestedBy } from './scopes.ts'
import { type Attempt, attempting } from './sign-in-attempt.ts'
import { lifetimes, requireResource, requireUser, type TokenBody, tokensForUser } from './user-tokens.ts'

type GrantType = (deps: IdentityDeps, client: Client, request: Redemption) => Promise<TokenBody>

/** By `grant_type`. */
const grantTypes: Readonly<Record<string, GrantType>> = {
  client_credentials: clientCredentials,
  authorization_code: authorizationCode,
  refresh_token: refresh,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCode,
  device_code: deviceCode,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': onBehalfOf,
  password,
}

/**
 * What a token endpoint answers.
 * @throws CodedError `token/…`
 */
export async function issueTokens(deps: IdentityDeps, request: TokenRequest): Promise<TokenBody> {
  const name = required(request, 'grant_type')
  const grantType = Object.hasOwn(grantTypes, name) ? grantTypes[name] : undefined
  if (!grantType)
    throw new CodedError(
      'token/unsupported-grant',
      `The app requested an unsupported grant type '${name.slice(0, 80)}'.`,
    )
  const { form, incoming } = request
  const begun: Attempt = { kind: kinds[name] ?? 'nonInteractiveUser', form, incoming, signedIn: signedInOf(form) }
  return attempting(deps, begun, async (attempt) => {
    const client = await authenticateClient(deps, request)
    attempt.client = client
    return grantType(deps, client, { ...request, attempt })
  })
}

/** With a password people come themselves, programs with their own secret; the others have been here before. */
const kinds: Readonly<Record<string, SignInKind>> = {
  client_credentials: 'servicePrincipal',
  password: 'interactiveUser',
}

/** What a client says of the device that somebody is at. Nobody proves it: it is for trying policies out. */
export function signedInOf(form: URLSearchParams): SignedIn {
  const deviceId = form.get('device_id') ?? ''
  const factors = form.get('mfa') === 'approved' ? ['mfa'] : []
  return { ...(deviceId === '' ? {} : { deviceId: deviceId.slice(0, 40) }), ...(factors.length > 0 ? { factors } : {}) }
}

/** How somebody signed in when the grant was given, unless they say that they are elsewhere now. */
const continued = ({ deviceId, factors }: SignedIn, now: SignedIn | undefined): SignedIn => ({
  ...(deviceId === undefined ? {} : { deviceId }),
  ...(factors === undefined ? {} : { factors }),
  ...(now?.deviceId === undefined ? {} : { deviceId: now.deviceId }),
})

/** RFC 6749 §4.4. */
async function clientCredentials(deps: IdentityDeps, client: Client, request: Redemption): Promise<TokenBody> {
  if (client.proof === 'none')
    throw new CodedError(
      'token/no-credentials',
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )
  const asked = requestedBy(request.form)
  if (!asked.isDefault)
    throw new CodedError(
      'token/bad-scope',
      "The provided value for the input parameter 'scope' is not valid: client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).",
    )
  const resource = await requireResource(deps, asked)
  request.attempt.resource = resource
  await requireAccess(deps, request.attempt)
  const roles = await rolesOf(deps, client, resource)
  const token = await applicationToken(deps, client, resource, roles)
  return { token_type: 'Bearer', ...lifetimes(deps, request, resource), access_token: token }
}

async function rolesOf(
  { store }: IdentityDeps,
  { principal }: Client,
  resource: Awaited<ReturnType<typeof requireResource>>,
): Promise<readonly string[]> {
  if (principal.holdsEveryRole) return resource.roles.map(({ value }) => value)
  const assigned = (await store.appRoleAssignments.list())
    .filter((each) => each.principalId === principal.id && each.resourceId === resource.principalId)
    .map(({ appRoleId }) => appRoleId)
  return resource.roles.filter(({ id }) => assigned.includes(id)).map(({ value }) => value)
}

/** RFC 6749 §4.1.3, RFC 7636 §4.6: a code is good once. */
async function authorizationCode(deps: IdentityDeps, client: Client, request: Redemption): Promise<TokenBody> {
  const id = sha256(required(request, 'code'))
  const redirectUri = request.form.get('redirect_uri')
  const grant = await deps.store.transaction(async ({ grants }) => {
    const found = ownGrant(await grants.get(id), 'authorizationCode', client)
    if (!found.isUsed) await grants.put({ ...found, isUsed: true })
    return found
  })
  if (grant.isUsed) throw new CodedError('token/code-used', 'OAuth2 Authorization code was already redeemed.')
  requireInTime(deps, grant)
  if (redirectUri !== grant.redirectUri)
    throw new CodedError('token/bad-grant', "The 'redirect_uri' is not the one that the code was given for.")
  checkVerifier(grant, request.form.get('code_verifier'), client)
  request.attempt.signedIn = continued(grant, request.attempt.signedIn)
  const user = await requireUser(deps, { id: grant.userId })
  return tokensForUser(deps, client, user, requestedBy(new URLSearchParams(), grant.scope), request, grant.nonce)
}

function checkVerifier(
  { challenge, challengeMethod }: Extract<Grant, { kind: 'authorizationCode' }>,
  verifier: string | null,
  { proof }: Client,
): void {
  if (challenge === null) {
    // A program that keeps no secret has nothing but the verifier to show that the code is its own.
    if (proof === 'none' || verifier !== null)
      throw new CodedError(
        'token/bad-verifier',
        'Proof Key for Code Exchange is required for the redemption of the code.',
      )
    return
  }
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const shown = challengeMethod === 'plain' ? (verifier ?? '') : digest(verifier ?? '').toString('base64url')
  if (!timingSafeEqual(digest(shown), digest(challenge)))
    throw new CodedError('token/bad-verifier', 'The Code_Verifier does not match the code_challenge supplied.')
}

/** RFC 6749 §6: for the same scopes or others that are consented to. */
async function refresh(deps: IdentityDeps, client: Client, request: Redemption): Promise<TokenBody> {
  const id = sha256(required(request, 'refresh_token'))
  const grant = ownGrant(await deps.store.grants.get(id), 'refreshToken', client)
  requireInTime(deps, grant)
  request.attempt.signedIn = continued(grant, request.attempt.signedIn)
  const user = await requireUser(deps, { id: grant.userId })
  const asked = requestedBy(request.form, grant.scope)
  return tokensForUser(deps, client, user, { ...asked, wantsRefreshToken: true }, request)
}

/** RFC 8628 §3.4: ask until somebody has approved. */
async function deviceCode(deps: IdentityDeps, client: Client, request: Redemption): Promise<TokenBody> {
  // Version 1 calls it `code`.
  const id = sha256(request.form.get('device_code') ?? required(request, 'code'))
  const grant = await deps.store.transaction(async ({ grants }) => {
    const found = ownGrant(await grants.get(id), 'deviceCode', client)
    if (found.state !== 'pending') await grants.delete(id)
    return found
  })
  if (deps.nowMs() >= grant.expiresAtMs)
    throw new CodedError(
      'token/device-code-expired',
      'The provided value for the input parameter device_code is expired.',
    )
  if (grant.state === 'pending')
    throw new CodedError(
      'token/authorization-pending',
      'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
    )
  if (grant.state === 'declined' || grant.userId === null)
    throw new CodedError('token/authorization-declined', 'The end user denied the authorization request.')
  request.attempt.signedIn = continued(grant, request.attempt.signedIn)
  request.attempt.transferMethod = 'deviceCodeFlow'
  const user = await requireUser(deps, { id: grant.userId })
  return tokensForUser(deps, client, user, requestedBy(new URLSearchParams(), grant.scope), request)
}

/** An API acts for the user who has called it (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow). */
async function onBehalfOf(deps: IdentityDeps, client: Client, request: Redemption): Promise<TokenBody> {
  const assertion = required(request, 'assertion')
  if (required(request, 'requested_token_use') !== 'on_behalf_of')
    throw new CodedError('token/bad-request', "The 'requested_token_use' must be 'on_behalf_of'.")
  if (client.proof === 'none')
    throw new CodedError(
      'token/no-credentials',
      "An application that acts on behalf of a user has to show 'client_secret' or 'client_assertion'.",
    )
  const { appId, identifierUris } = client.application
  const userId = await claimsOf(deps, assertion, [appId, `api://${appId}`, ...identifierUris]).then(
    ({ oid, scp }) => (typeof oid === 'string' && typeof scp === 'string' ? oid : undefined),
    (cause: unknown) => {
      throw new CodedError('token/bad-user-assertion', 'Assertion failed signature, lifetime or audience validation.', {
        cause,
      })
    },
  )
  if (userId === undefined) throw new CodedError('token/bad-user-assertion', 'Assertion is not the token of a user.')
  return tokensForUser(deps, client, await requireUser(deps, { id: userId }), requestedBy(request.form), request)
}

/** RFC 6749 §4.3. */
async function password(deps: IdentityDeps, client: Client, request: Redemption): Promise<TokenBody> {
  const asked = requestedBy(request.form)
  const user = await requireUser(deps, { name: required(request, 'username') })
  checkPassword(deps, required(request, 'password'))
  return tokensForUser(deps, client, user, asked, request)
}

/** The tenant's one password, if it has one. @throws CodedError `token/bad-password` */
export function checkPassword({ userPassword }: IdentityDeps, given: string): void {
  if (userPassword !== undefined && sha256(given) !== sha256(userPassword))
    throw new CodedError('token/bad-password', 'Error validating credentials due to invalid username or password.')
}

function required({ form }: TokenRequest, name: string): string {
  const value = form.get(name)
  if (value === null || value === '')
    throw new CodedError('token/missing-parameter', `The request body must contain the following parameter: '${name}'.`)
  return value
}

/** A grant of this kind that was given to this application. */
function ownGrant<K extends Grant['kind']>(
  grant: Grant | undefined,
  kind: K,
  { application }: Client,
): Extract<Grant, { kind: K }> {
  if (grant?.kind !== kind || grant.clientId !== application.appId)
    throw new CodedError(
      'token/bad-grant',
      'The provided grant is invalid or malformed, or was given to another application.',
    )
  return grant as Extract<Grant, { kind: K }>
}

function requireInTime(deps: IdentityDeps, { expiresAtMs }: Grant): void {
  if (deps.nowMs() >= expiresAtMs)
    throw new CodedError('token/code-expired', 'The provided authorization code or refresh token has expired.')
}
