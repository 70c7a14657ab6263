import { CodedError, type EpochMs } from '@muster/shared/core'
import { type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Application, ServicePrincipal } from '../../domain/applications.ts'
import type { Actor, User } from '../../domain/model.ts'
import { GRAPH_APP_ID, type Resource } from './application-directory.ts'
import { effectivePermissions } from './directory-roles.ts'
import { idFor } from './permissions.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Who asks, and what they may do. */
export interface Caller {
  readonly actor: Actor
  /** Permissions: of an application its roles, of a user what scopes and the user's own rights have in common. */
  readonly roles: ReadonlySet<string>
  /** What an application may do for its user, as far as the user may; absent where there is none. */
  readonly scopes?: ReadonlySet<string>
  readonly appId: string
}

export interface TokenSigner {
  readonly tenantId: string
  readonly keys: SigningKeys
  readonly nowMs: () => EpochMs
}

export const LIFETIME_S = 3_600

/** How the application showed who it is: `appidacr`. */
export type ClientProof = 'none' | 'secret' | 'certificate'
const PROOFS: Readonly<Record<ClientProof, string>> = { none: '0', secret: '1', certificate: '2' }

export interface Client {
  readonly application: Application
  readonly principal: ServicePrincipal
  readonly proof: ClientProof
}

/** Tokens of Graph are of version 1, whichever endpoint gives them. */
export const issuerOf = ({ tenantId }: Pick<TokenSigner, 'tenantId'>): string => `https://sts.windows.net/${tenantId}/`

const commonClaims = ({ tenantId }: TokenSigner, { application, proof }: Client): JWTPayload => ({
  tid: tenantId,
  appid: application.appId,
  app_displayname: application.displayName,
  appidacr: PROOFS[proof],
  ver: '1.0',
})

/** An access token of an application for itself. */
export const applicationToken = (
  signer: TokenSigner,
  client: Client,
  resource: Resource,
  roles: readonly string[],
): Promise<string> =>
  sign(signer, resource.audience, {
    ...commonClaims(signer, client),
    idtyp: 'app',
    oid: client.principal.id,
    sub: client.principal.id,
    ...(roles.length === 0 ? {} : { roles: [...roles] }),
  })

/** An access token with which an application acts for a user; `wids` are the user's directory roles. */
export const userToken = (
  signer: TokenSigner,
  client: Client,
  resource: Resource,
  {
    user,
    scopes,
    wids,
    amr,
    deviceId,
  }: {
    user: User
    scopes: readonly string[]
    wids: readonly string[]
    amr: readonly string[]
    deviceId?: string
  },
): Promise<string> =>
  sign(signer, resource.audience, {
    ...commonClaims(signer, client),
    idtyp: 'user',
    oid: user.id,
    sub: idFor('subject', user.id, resource.appId),
    name: user.displayName,
    upn: user.userPrincipalName,
    unique_name: user.userPrincipalName,
    scp: scopes.join(' '),
    wids: [...wids],
    amr: [...amr],
    ...(deviceId === undefined ? {} : { deviceid: deviceId }),
  })

/** What an application is told of the user who has signed in (OpenID Connect Core §2). */
export function idToken(
  signer: TokenSigner,
  { application }: Client,
  user: User,
  { origin, nonce }: { origin: string; nonce: string | null },
): Promise<string> {
  const claims = {
    tid: signer.tenantId,
    oid: user.id,
    sub: idFor('subject', user.id, application.appId),
    name: user.displayName,
    preferred_username: user.userPrincipalName,
    ...(user.mail === undefined ? {} : { email: user.mail }),
    ...(nonce === null ? {} : { nonce }),
    ver: '2.0',
  }
  return sign(signer, application.appId, claims, `${origin}/${signer.tenantId}/v2.0`)
}

async function sign(
  signer: TokenSigner,
  audience: string,
  claims: JWTPayload,
  issuer = issuerOf(signer),
): Promise<string> {
  const nowMs = signer.nowMs()
  const { kid, privateKey } = signer.keys.current(nowMs)
  const seconds = Math.floor(nowMs / 1_000)
  return new SignJWT(claims)
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(seconds)
    .setNotBefore(seconds)
    .setExpirationTime(seconds + LIFETIME_S)
    .sign(privateKey)
}

/** Every use of one claim is one question; what is not a string is as good as absent. */
const text = (payload: JWTPayload, claim: string): string | undefined => {
  const value = payload[claim]
  return typeof value === 'string' ? value : undefined
}

/** The claims of a token that this tenant has given for one of `audiences`; rejects as jose does. */
export async function claimsOf(
  signer: TokenSigner,
  token: string,
  audiences: readonly string[],
): Promise<JWTPayload & { readonly tid: string }> {
  const key = ({ kid }: { kid?: string }) => {
    const publicKey = kid === undefined ? undefined : signer.keys.publicKey(kid)
    if (!publicKey) throw new Error('no key of this tenant has signed it')
    return publicKey
  }
  const { payload } = await jwtVerify(token, key, {
    issuer: issuerOf(signer),
    audience: [...audiences],
    algorithms: ['RS256'],
    requiredClaims: ['exp', 'nbf', 'appid'],
    currentDate: new Date(signer.nowMs()),
  })
  if (payload['tid'] !== signer.tenantId) throw new Error('it is of another tenant')
  return { ...payload, tid: signer.tenantId }
}

const GRAPH_AUDIENCES = ['https://graph.microsoft.com', 'https://graph.microsoft.com/', GRAPH_APP_ID]

/**
 * Who sends a request to Graph.
 * @throws CodedError `token/invalid`, in the words of Graph
 */
export async function callerOf(signer: TokenSigner, authorization: string | undefined): Promise<Caller> {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) throw new CodedError('token/invalid', 'Access token is empty.')
  let payload: JWTPayload
  try {
    payload = await claimsOf(signer, token, GRAPH_AUDIENCES)
  } catch (error) {
    throw new CodedError('token/invalid', wordsFor(error), { cause: error })
  }
  const appId = text(payload, 'appid') ?? ''
  const scope = text(payload, 'scp')
  if (scope === undefined) {
    const displayName = text(payload, 'app_displayname') ?? appId
    return { actor: { type: 'application', id: appId, displayName }, roles: new Set(strings(payload['roles'])), appId }
  }
  const id = text(payload, 'oid') ?? ''
  const displayName = text(payload, 'upn') ?? id
  const scopes = scope.split(' ')
  const roles = effectivePermissions(scopes, strings(payload['wids']))
  return { actor: { type: 'user', id, displayName }, roles, scopes: new Set(scopes), appId }
}

const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** What Graph says of a token, by what is wrong with it. */
function wordsFor(error: unknown): string {
  const { code, claim } = error as { code?: string; claim?: string }
  if (code === 'ERR_JWT_EXPIRED') return 'Lifetime validation failed, the token is expired.'
  if (code === 'ERR_JWS_INVALID' || code === 'ERR_JWT_INVALID')
    return 'IDX14100: JWT is not well formed, there are no dots (.).'
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED' && claim === 'aud')
    return 'Access token validation failure. Invalid audience.'
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED' && claim === 'nbf')
    return 'Lifetime validation failed, the token is not valid yet.'
  return 'Access token validation failure. Invalid signature or issuer.'
}
