import type { NatsClaims } from './jwt.ts'
import type { Nkey } from './nkey.ts'
import { inboxes, type Scope } from './scopes.ts'

const UNLIMITED = -1
const ACCOUNT_LIMITS = {
  subs: UNLIMITED,
  data: UNLIMITED,
  payload: UNLIMITED,
  imports: UNLIMITED,
  exports: UNLIMITED,
  wildcards: true,
  conn: UNLIMITED,
  leaf: UNLIMITED,
} as const
const STORAGE_LIMITS = {
  mem_storage: UNLIMITED,
  disk_storage: UNLIMITED,
  streams: UNLIMITED,
  consumer: UNLIMITED,
} as const
const ANSWER_WITHIN_NS = 120_000_000_000

/** Who may make accounts of this broker, and which account the server itself speaks in. */
export const operatorClaims = (
  operator: Nkey,
  { signingKey, systemAccount, iat }: { signingKey: string; systemAccount: string; iat: number },
): NatsClaims => ({
  sub: operator.publicKey,
  name: 'muster',
  iat,
  nats: { signing_keys: [signingKey], system_account: systemAccount, type: 'operator', version: 2 },
})

/** The account of the server's own events and of changes to accounts; nothing of it is reached from another account. */
export const systemAccountClaims = (account: string, signingKey: string, iat: number): NatsClaims => ({
  sub: account,
  name: 'SYS',
  iat,
  nats: { limits: ACCOUNT_LIMITS, signing_keys: [signingKey], type: 'account', version: 2 },
})

export interface ScopedKey {
  readonly publicKey: string
  /** `agent-v1`. */
  readonly name: string
  readonly scope: Scope
}

/** The account of all who work with the fleet: which keys make what kind of users, and which users are revoked since when. */
export const fleetAccountClaims = (
  account: string,
  { keys, revoked, iat }: { keys: readonly ScopedKey[]; revoked: Readonly<Record<string, number>>; iat: number },
): NatsClaims => ({
  sub: account,
  name: 'FLEET',
  iat,
  nats: {
    limits: { ...ACCOUNT_LIMITS, ...STORAGE_LIMITS },
    signing_keys: keys.map(({ publicKey, name, scope }) => ({
      kind: 'user_scope',
      key: publicKey,
      role: name,
      template: {
        pub: { allow: scope.pub },
        sub: { allow: scope.sub },
        ...(scope.answers ? { resp: { max: 1, ttl: ANSWER_WITHIN_NS } } : {}),
        subs: scope.subscriptionsMax,
        data: UNLIMITED,
        payload: scope.payload,
        allowed_connection_types: ['STANDARD'],
      },
    })),
    ...(Object.keys(revoked).length > 0 ? { revocations: revoked } : {}),
    type: 'account',
    version: 2,
  },
})

/** A user of account FLEET: what it may do stands in the scope of the key that signs this, and nowhere else. */
export const fleetUserClaims = (
  account: string,
  user: { key: string; name: string; tenant: string; iat: number; exp?: number },
): NatsClaims => ({
  sub: user.key,
  name: user.name,
  iat: user.iat,
  ...(user.exp === undefined ? {} : { exp: user.exp }),
  nats: { issuer_account: account, tags: [`tenant:${user.tenant}`], type: 'user', version: 2 },
})

/** The one user of account SYS: tells the server of a changed account, which ends the connections that it shuts out. */
export const systemUserClaims = (account: string, user: { key: string; name: string; iat: number }): NatsClaims => ({
  sub: user.key,
  name: user.name,
  iat: user.iat,
  nats: {
    issuer_account: account,
    pub: { allow: ['$SYS.REQ.CLAIMS.UPDATE'] },
    sub: { allow: [`${inboxes.system(user.name)}.>`] },
    subs: UNLIMITED,
    data: UNLIMITED,
    payload: UNLIMITED,
    type: 'user',
    version: 2,
  },
})
