import type { NatsClaims } from './jwt.ts'
import type { Nkey } from './nkey.ts'
import { type Crossing, inboxes, type Scope } from './scopes.ts'

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

export interface AccountTerms {
  readonly keys: readonly ScopedKey[]
  readonly iat: number
}

/** The account of agents and of who answers them: which users are revoked since when, and what it has of account STORE. */
export const fleetAccountClaims = (
  account: string,
  {
    revoked,
    store,
    ...terms
  }: AccountTerms & {
    readonly revoked: Readonly<Record<string, number>>
    readonly store: { readonly account: string; readonly crossings: readonly Crossing[] }
  },
): NatsClaims =>
  accountClaims(account, 'FLEET', terms, {
    // No streams: what the server acknowledges in this account, wherever, is kept nowhere.
    limits: ACCOUNT_LIMITS,
    imports: store.crossings.map(({ subject, type }) => ({
      name: subject,
      subject,
      account: store.account,
      type,
    })),
    ...(Object.keys(revoked).length > 0 ? { revocations: revoked } : {}),
  })

/** The account of the streams, of the bucket, and of the service that has them; no agent is in it. */
export const storeAccountClaims = (
  account: string,
  { crossings, ...terms }: AccountTerms & { readonly crossings: readonly Crossing[] },
): NatsClaims =>
  accountClaims(account, 'STORE', terms, {
    limits: { ...ACCOUNT_LIMITS, ...STORAGE_LIMITS },
    exports: crossings.map(({ subject, type }) => ({ name: subject, subject, type })),
  })

const accountClaims = (
  account: string,
  name: string,
  { keys, iat }: AccountTerms,
  terms: Readonly<Record<string, unknown>>,
): NatsClaims => ({
  sub: account,
  name,
  iat,
  nats: {
    ...terms,
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
    type: 'account',
    version: 2,
  },
})

/** A user of account FLEET or STORE: what it may do stands in the scope of the key that signs this, and nowhere else. */
export const scopedUserClaims = (
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
