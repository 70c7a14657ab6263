import { createHash } from 'node:crypto'
import type { Ids, Store } from '../../app/ports.ts'
import type { IncomingRequest } from '../dispatch.ts'
import type { TokenSigner } from './access-token.ts'
import type { Attempt } from './sign-in-attempt.ts'

/** What the authority of a tenant works with. */
export interface IdentityDeps extends TokenSigner {
  readonly store: Store
  readonly ids: Ids
  /** Short name of the tenant: `contoso`. */
  readonly tenant: string
  /** One password for every user; absent: nobody is asked for one. */
  readonly userPassword?: string
  /** Take a client assertion once only. MSAL sends one again for ten minutes, so this is for those who write clients. */
  readonly refuseRepeatedAssertions: boolean
}

/** A request to one of the token endpoints, with its form read. */
export interface TokenRequest {
  readonly form: URLSearchParams
  /** Of the protocol: `/oauth2/token` or `/oauth2/v2.0/token`. */
  readonly version: 1 | 2
  readonly origin: string
  readonly authorization: string | undefined
  /** Who comes from where. */
  readonly incoming: Pick<IncomingRequest, 'correlationId' | 'remoteAddress' | 'headers'>
}

/** A request for tokens, under way. */
export interface Redemption extends TokenRequest {
  readonly attempt: Attempt
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
