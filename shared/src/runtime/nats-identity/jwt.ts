import { createHash } from 'node:crypto'
import { base32 } from './base32.ts'
import { type Nkey, verifyWithNkey } from './nkey.ts'

/** What every token of NATS has; what it is about stands below `nats` (nats-io/jwt, v2). */
export interface NatsClaims {
  /** Public key of whom it is about. */
  readonly sub: string
  readonly name: string
  /** Seconds since 1970. */
  readonly iat: number
  readonly exp?: number
  readonly nats: { readonly type: 'operator' | 'account' | 'user'; readonly version: 2 } & Readonly<
    Record<string, unknown>
  >
}

export type SignedNatsClaims = NatsClaims & { readonly iss: string; readonly jti: string }

const HEADER = part({ typ: 'JWT', alg: 'ed25519-nkey' })

/** Sign claims. The same claims and key give the same token. */
export function encodeNatsJwt(claims: NatsClaims, signer: Nkey): string {
  const unnamed = { ...claims, iss: signer.publicKey }
  const jti = base32(createHash('sha512-256').update(JSON.stringify(unnamed)).digest())
  const body = `${HEADER}.${part({ ...unnamed, jti })}`
  return `${body}.${Buffer.from(signer.sign(Buffer.from(body))).toString('base64url')}`
}

/** The claims of a token whose signature is by the issuer that it names. Throws for anything else. */
export function decodeNatsJwt(token: string): SignedNatsClaims {
  const [header = '', body = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as SignedNatsClaims
  const signed = Buffer.from(`${header}.${body}`)
  if (header !== HEADER || !verifyWithNkey(claims.iss, signed, Buffer.from(signature, 'base64url')))
    throw new Error('not a token of NATS, or another signed it')
  return claims
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
