import { createHash, generateKeyPairSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { CodedError } from '@muster/shared/core'
import { jwtVerify, SignJWT } from 'jose'
import type { Actor } from '../domain/model.ts'

/** An application that may ask for tokens. */
export interface Application {
  readonly clientId: string
  readonly displayName: string
  readonly secretSha256: string
  readonly roles: readonly string[]
}

export interface TokenService {
  /**
   * The client credentials grant (RFC 6749 §4.4).
   * @throws CodedError `token/unknown-application`, `token/bad-secret`, `token/unsupported-grant`
   */
  issue(form: URLSearchParams): Promise<Readonly<Record<string, unknown>>>
  /** @throws CodedError `token/invalid` */
  verify(authorization: string | undefined): Promise<{ readonly actor: Actor; readonly roles: ReadonlySet<string> }>
}

const LIFETIME_S = 3_600
const AUDIENCE = 'https://graph.microsoft.com'

/** Tokens are JWTs signed with a key of this process: a restart ends them, and clients ask again on 401. */
export function createTokenService(options: {
  tenantId: string
  issuer: string
  applications: readonly Application[]
}): TokenService {
  const { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
  })
  const byId = new Map(options.applications.map((application) => [application.clientId, application]))
  return {
    issue: async (form) => {
      if (form.get('grant_type') !== 'client_credentials') {
        throw new CodedError(
          'token/unsupported-grant',
          'AADSTS70003: the grant type is not served; use client_credentials',
        )
      }
      const application = byId.get(form.get('client_id') ?? '')
      if (!application)
        throw new CodedError('token/unknown-application', 'AADSTS700016: no application has this client_id')
      if (!sameSecret(form.get('client_secret') ?? '', application.secretSha256)) {
        throw new CodedError('token/bad-secret', 'AADSTS7000215: the client secret is not right')
      }
      const { clientId, displayName, roles } = application
      const token = await new SignJWT({
        tid: options.tenantId,
        appid: clientId,
        app_displayname: displayName,
        idtyp: 'app',
        roles: [...roles],
        ver: '1.0',
      })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
        .setIssuer(options.issuer)
        .setAudience(AUDIENCE)
        .setSubject(clientId)
        .setIssuedAt()
        .setExpirationTime(`${LIFETIME_S}s`)
        .sign(privateKey)
      return { token_type: 'Bearer', expires_in: LIFETIME_S - 1, ext_expires_in: LIFETIME_S - 1, access_token: token }
    },
    verify: async (authorization) => {
      const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) throw new CodedError('token/invalid', 'Access token is empty.')
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          issuer: options.issuer,
          audience: AUDIENCE,
          algorithms: ['RS256'],
        })
        const id = String(payload['appid'])
        return {
          actor: { type: 'application', id, displayName: String(payload['app_displayname'] ?? id) },
          roles: new Set(Array.isArray(payload['roles']) ? payload['roles'].map(String) : []),
        }
      } catch (error) {
        throw new CodedError('token/invalid', 'Access token validation failure.', { cause: error })
      }
    },
  }
}

export const secretSha256 = (secret: string): string => createHash('sha256').update(secret).digest('hex')

function sameSecret(secret: string, sha256: string): boolean {
  return timingSafeEqual(Buffer.from(secretSha256(secret), 'hex'), Buffer.from(sha256, 'hex'))
}
