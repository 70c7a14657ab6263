import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type PrivateFile, privateFile } from '../private-file.ts'
import {
  fleetAccountClaims,
  operatorClaims,
  scopedUserClaims,
  storeAccountClaims,
  systemAccountClaims,
  systemUserClaims,
} from './claims.ts'
import { decodeNatsJwt, encodeNatsJwt } from './jwt.ts'
import { createNkey, type Nkey, nkeyFromSeed } from './nkey.ts'
import { type Principal, type PrincipalText, principalWith } from './principal.ts'
import { accountOf, crossings, inboxes, type ScopeRole, scopes } from './scopes.ts'

/** The keys that nothing is signed with day by day; whoever moves the broker elsewhere keeps this file away. */
const Roots = z.object({ operator: z.string(), fleet: z.string(), store: z.string().optional(), system: z.string() })

const KeyVersion = z.object({
  role: z.enum(['agent', 'enrol', 'service', 'responder']),
  version: z.number().int().positive(),
  seed: z.string(),
})
const Keys = z.object({ operatorSigning: z.string(), systemSigning: z.string(), scoped: z.array(KeyVersion) })

/** The accounts' tokens. One that has none of STORE is of a Muster whose agents were in one account with the streams. */
const Accounts = z.object({
  revoked: z.record(z.string(), z.number()),
  token: z.string(),
  storeToken: z.string().optional(),
})

type Whole<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> }
type SignedAccounts = Whole<z.infer<typeof Accounts>>

/** A key that makes users, as one may see it. */
export interface SigningKeyView {
  readonly role: ScopeRole
  readonly version: number
  readonly publicKey: string
  /** New users are made with it. */
  readonly current: boolean
}

/** What nats-server is configured with. Tokens are public; nothing in here is a secret. */
export interface BrokerTrust {
  readonly operatorToken: string
  readonly systemAccount: string
  /** Account → its token. */
  readonly accounts: Readonly<Record<string, string>>
}

/** Who the broker is, who may come, and what each may do. All of it in one directory, for its owner only. */
export interface BrokerIdentity {
  trust(): BrokerTrust
  /** What the server is told when an account has changed; what exports goes before what imports it. */
  accountTokens(): readonly string[]
  readonly fleetAccount: string
  /** A user of a service in this process; its key is made here and nowhere kept. */
  service(role: 'service' | 'responder', name: string, tenant: string): Principal
  system(name: string): Principal
  /** The token of an agent for the key that it made itself. Times in seconds since 1970. */
  signAgent(user: { agentId: string; tenant: string; key: string; iat: number; exp: number }): string
  /** Somebody who may do nothing but ask to join, until `exp`. */
  enrolment(tenant: string, iat: number, exp: number): PrincipalText
  signingKeys(): readonly SigningKeyView[]
  /** From now on users of a role are made with a new key; those of the old one stay until it is retired. */
  rollOver(role: ScopeRole): SigningKeyView
  /** Nobody comes in any more with what older keys of a role have made. */
  retire(role: ScopeRole): void
  /** Users by public key, with the second of their revocation: the account's new token says so. */
  revoke(users: Readonly<Record<string, number>>): void
  readonly revoked: Readonly<Record<string, number>>
}

const nowS = (): number => Math.floor(Date.now() / 1_000)

/** Open the identity of a broker; made at the first start. */
export function openBrokerIdentity(dir: string): BrokerIdentity {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const files = {
    roots: privateFile(join(dir, 'roots.json')),
    keys: privateFile(join(dir, 'keys.json')),
    fleet: privateFile(join(dir, 'fleet.json')),
  }
  const roots = withStore(readOrMake(files.roots, Roots, newRoots), files.roots)
  const [operator, system] = [nkeyFromSeed(roots.operator), nkeyFromSeed(roots.system)]
  const [fleet, store] = [nkeyFromSeed(roots.fleet), nkeyFromSeed(roots.store)]
  const accounts = { fleet, store }
  let keys = readOrMake(files.keys, Keys, newKeys)
  const [operatorSigning, systemSigning] = [nkeyFromSeed(keys.operatorSigning), nkeyFromSeed(keys.systemSigning)]

  const signingKeys = (): readonly (SigningKeyView & { readonly key: Nkey })[] =>
    keys.scoped.map(({ role, version, seed }) => {
      const key = nkeyFromSeed(seed)
      const newest = Math.max(...keys.scoped.filter((other) => other.role === role).map((other) => other.version))
      return { role, version, publicKey: key.publicKey, current: version === newest, key }
    })
  const currentKey = (role: ScopeRole): Nkey => {
    const found = signingKeys().find((key) => key.role === role && key.current)
    if (!found) throw new Error(`there is no signing key for ${role}`)
    return found.key
  }
  const sign = (revoked: Readonly<Record<string, number>>, before?: string): SignedAccounts => {
    // A server takes no token for newer than one of the same second.
    const iat = Math.max(nowS(), before === undefined ? 0 : decodeNatsJwt(before).iat + 1)
    const keysOf = (account: 'fleet' | 'store') =>
      signingKeys()
        .filter(({ role }) => accountOf(role) === account)
        .map(({ role, version, publicKey }) => ({ publicKey, name: `${role}-v${version}`, scope: scopes[role] }))
    const imported = { account: store.publicKey, crossings }
    const fleetClaims = fleetAccountClaims(fleet.publicKey, { keys: keysOf('fleet'), store: imported, revoked, iat })
    const storeClaims = storeAccountClaims(store.publicKey, { keys: keysOf('store'), crossings, iat })
    return {
      revoked,
      token: encodeNatsJwt(fleetClaims, operatorSigning),
      storeToken: encodeNatsJwt(storeClaims, operatorSigning),
    }
  }
  const signed = (): SignedAccounts => {
    const { storeToken, ...kept } = readOrMake(files.fleet, Accounts, () => sign({}))
    if (storeToken !== undefined) return { ...kept, storeToken }
    const anew = sign(kept.revoked, kept.token)
    files.fleet.write(JSON.stringify(anew))
    return anew
  }
  let current = signed()
  const change = (revoked: Readonly<Record<string, number>>): void => {
    current = sign(revoked, current.token)
    files.fleet.write(JSON.stringify(current))
  }
  const changeKeys = (scoped: z.infer<typeof Keys>['scoped']): void => {
    keys = { ...keys, scoped }
    files.keys.write(JSON.stringify(keys))
    change(current.revoked)
  }
  return {
    fleetAccount: fleet.publicKey,
    accountTokens: () => tokensOf(signed()),
    trust: () => {
      // Another process may have changed the accounts since.
      const { token, storeToken } = signed()
      const [systemAccount, iat] = [system.publicKey, 1]
      const systemClaims = systemAccountClaims(systemAccount, systemSigning.publicKey, iat)
      const claims = operatorClaims(operator, { signingKey: operatorSigning.publicKey, systemAccount, iat })
      const systemToken = encodeNatsJwt(systemClaims, operatorSigning)
      const tokens = { [systemAccount]: systemToken, [store.publicKey]: storeToken, [fleet.publicKey]: token }
      return { operatorToken: encodeNatsJwt(claims, operator), systemAccount, accounts: tokens }
    },
    service: (role, name, tenant) => {
      const user = createNkey('user')
      return principalWith(user, inboxes.service(name), () =>
        encodeNatsJwt(
          scopedUserClaims(accounts[accountOf(role)].publicKey, { key: user.publicKey, name, tenant, iat: nowS() }),
          currentKey(role),
        ),
      )
    },
    system: (name) => {
      const user = createNkey('user')
      return principalWith(user, inboxes.system(name), () =>
        encodeNatsJwt(systemUserClaims(system.publicKey, { key: user.publicKey, name, iat: nowS() }), systemSigning),
      )
    },
    signAgent: ({ agentId, ...user }) =>
      encodeNatsJwt(scopedUserClaims(fleet.publicKey, { ...user, name: agentId }), currentKey('agent')),
    enrolment: (tenant, iat, exp) => {
      const user = createNkey('user')
      const claims = scopedUserClaims(fleet.publicKey, {
        key: user.publicKey,
        name: 'enrol',
        tenant,
        iat,
        exp,
      })
      return {
        token: encodeNatsJwt(claims, currentKey('enrol')),
        seed: user.seed,
        inboxPrefix: inboxes.enrol(user.publicKey),
      }
    },
    signingKeys: () => signingKeys().map(({ key: _, ...view }) => view),
    rollOver: (role) => {
      const version = Math.max(0, ...keys.scoped.filter((key) => key.role === role).map((key) => key.version)) + 1
      const key = createNkey('account')
      changeKeys([...keys.scoped, { role, version, seed: key.seed }])
      return { role, version, publicKey: key.publicKey, current: true }
    },
    retire: (role) => {
      const newest = currentKey(role).seed
      changeKeys(keys.scoped.filter((key) => key.role !== role || key.seed === newest))
    },
    revoke: (users) => change({ ...current.revoked, ...users }),
    get revoked() {
      return current.revoked
    },
  }
}

const tokensOf = ({ storeToken, token }: SignedAccounts): readonly string[] => [storeToken, token]

const newRoots = (): Whole<z.infer<typeof Roots>> => ({
  operator: createNkey('operator').seed,
  fleet: createNkey('account').seed,
  store: createNkey('account').seed,
  system: createNkey('account').seed,
})

const newKeys = (): z.infer<typeof Keys> => ({
  operatorSigning: createNkey('operator').seed,
  systemSigning: createNkey('account').seed,
  scoped: (Object.keys(scopes) as ScopeRole[]).map((role) => ({
    role,
    version: 1,
    seed: createNkey('account').seed,
  })),
})

/** A Muster whose agents were in one account with the streams has no account for these yet. */
function withStore({ store, ...others }: z.infer<typeof Roots>, file: PrivateFile): Whole<z.infer<typeof Roots>> {
  if (store !== undefined) return { ...others, store }
  const roots = { ...others, store: createNkey('account').seed }
  file.write(JSON.stringify(roots))
  return roots
}

function readOrMake<S extends z.ZodType>(file: PrivateFile, schema: S, make: () => z.infer<S>): z.infer<S> {
  const text = file.read()
  if (text !== undefined) return schema.parse(JSON.parse(text))
  const made = make()
  file.write(JSON.stringify(made))
  return made
}
