import { type Nkey, nkeyFromSeed } from './nkey.ts'

/** Who one is to the broker: a token, and the key that answers the server's challenge. Asked anew at each connection. */
export interface Principal {
  /** The private inbox; the token allows no other. */
  readonly inboxPrefix: string
  token(): string
  sign(nonce: Uint8Array): Uint8Array
}

/** A principal as text, to be handed on or kept. The seed is a secret. */
export interface PrincipalText {
  readonly token: string
  readonly seed: string
  readonly inboxPrefix: string
}

export const principalOf = ({ token, seed, inboxPrefix }: PrincipalText): Principal =>
  principalWith(nkeyFromSeed(seed), inboxPrefix, () => token)

export const principalWith = (key: Nkey, inboxPrefix: string, token: () => string): Principal => ({
  inboxPrefix,
  token,
  sign: (nonce) => key.sign(nonce),
})
