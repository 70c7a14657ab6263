import { X509Certificate } from 'node:crypto'
import { CodedError, type EpochMs, MINUTE_MS, SECOND_MS } from '@muster/shared/core'
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import type { Application, KeyCredential } from '../../domain/applications.ts'
import { type IdentityDeps, sha256, type TokenRequest } from './identity-deps.ts'
import { isOwnTenant } from './tenant-names.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const CLOCK_SKEW_S = 300
/** An assertion that is good for longer is taken for a mistake. */
const LIFETIME_MAX_S = 86_400

/**
 * That an assertion is signed with a certificate of the application, for this service, now, and that its id is new
 * (RFC 7523 §3). The very same assertion may come again, as MSAL does, unless the tenant refuses that.
 * @throws CodedError `token/bad-assertion`, `token/assertion-expired`, `token/assertion-replayed`, `token/secret-expired`
 */
export async function checkAssertion(
  deps: IdentityDeps,
  application: Application,
  request: TokenRequest,
  assertion: string,
): Promise<void> {
  if (request.form.get('client_assertion_type') !== TYPE)
    throw new CodedError('token/bad-request', `The 'client_assertion_type' must be '${TYPE}'.`)
  const nowMs = deps.nowMs()
  const key = keyOf(application, assertion)
  if (nowMs >= key.endAtMs || nowMs < key.startAtMs)
    throw new CodedError('token/secret-expired', `The certificate of app '${application.appId}' is expired.`)
  const payload = await verified(assertion, key, application.appId, nowMs)
  const audiences = [payload.aud ?? []].flat()
  if (!audiences.some((audience) => isOurs(deps, request.origin, audience)))
    throw badAssertion(`Client assertion audience claim does not match: ${audiences.join(' ').slice(0, 200)}.`)
  await noteId(deps, application, assertion, payload)
}

/** The certificate that an assertion says it is signed with: `x5t`, `x5t#S256`, or `kid` as Microsoft's own tools send it. */
function keyOf({ appId, keys }: Application, assertion: string): KeyCredential {
  let header: Record<string, unknown>
  try {
    header = decodeProtectedHeader(assertion)
  } catch (cause) {
    throw new CodedError('token/bad-assertion', 'The client assertion is not a JWT.', { cause })
  }
  const digest = (name: string): string =>
    typeof header[name] === 'string' ? Buffer.from(header[name], 'base64url').toString('hex') : ''
  const kid = typeof header['kid'] === 'string' ? header['kid'].toLowerCase() : ''
  const key = keys.find(
    ({ thumbprintSha1, thumbprintSha256 }) =>
      thumbprintSha1 === digest('x5t') ||
      thumbprintSha256 === digest('x5t#S256') ||
      (kid !== '' && thumbprintSha1 === kid),
  )
  if (!key)
    throw badAssertion(
      `The certificate with identifier used to sign the client assertion is not registered on application '${appId}'.`,
    )
  return key
}

async function verified(
  assertion: string,
  { certificate }: KeyCredential,
  appId: string,
  nowMs: EpochMs,
): Promise<JWTPayload> {
  try {
    const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'))
    const { payload } = await jwtVerify(assertion, publicKey, {
      issuer: appId,
      subject: appId,
      algorithms: ['RS256', 'PS256', 'ES256'],
      requiredClaims: ['exp', 'jti', 'aud'],
      clockTolerance: CLOCK_SKEW_S,
      currentDate: new Date(nowMs),
    })
    if ((payload.exp ?? 0) > nowMs / SECOND_MS + LIFETIME_MAX_S)
      throw new CodedError('token/assertion-expired', 'Client assertion is valid for longer than a day.')
    return payload
  } catch (error) {
    if (error instanceof CodedError) throw error
    const { code, claim } = error as { code?: string; claim?: string }
    if (code === 'ERR_JWT_EXPIRED' || claim === 'nbf')
      throw new CodedError('token/assertion-expired', 'Client assertion is not within its valid time range.', {
        cause: error,
      })
    throw new CodedError('token/bad-assertion', 'Client assertion failed signature or claim validation.', {
      cause: error,
    })
  }
}

/** The token endpoint or issuer of this tenant, under any of its names; also under Microsoft's, whose hosts clients may write. */
function isOurs(deps: IdentityDeps, origin: string, audience: unknown): boolean {
  if (typeof audience !== 'string' || !URL.canParse(audience)) return false
  const { host, pathname } = new URL(audience)
  const [tenant = '', ...rest] = pathname.split('/').filter((part) => part !== '')
  const isHost = [new URL(origin).host, 'login.microsoftonline.com', 'sts.windows.net'].includes(host)
  return (
    isHost && isOwnTenant(deps, tenant) && ['', 'oauth2/token', 'oauth2/v2.0/token', 'v2.0'].includes(rest.join('/'))
  )
}

async function noteId(
  deps: IdentityDeps,
  { appId }: Application,
  assertion: string,
  payload: JWTPayload,
): Promise<void> {
  const id = sha256(`assertion ${appId} ${String(payload.jti)}`)
  const assertionSha256 = sha256(assertion)
  const isNew = await deps.store.transaction(async ({ grants }) => {
    const before = await grants.get(id)
    if (before?.kind === 'assertion')
      return before.assertionSha256 === assertionSha256 && !deps.refuseRepeatedAssertions
    const expiresAtMs = (payload.exp ?? 0) * SECOND_MS + CLOCK_SKEW_S * SECOND_MS + MINUTE_MS
    await grants.put({ id, kind: 'assertion', clientId: appId, assertionSha256, expiresAtMs })
    return true
  })
  if (!isNew) throw new CodedError('token/assertion-replayed', 'The id of the client assertion has been used before.')
}

const badAssertion = (message: string): CodedError => new CodedError('token/bad-assertion', message)
