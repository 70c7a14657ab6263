import {
  broadcastPattern,
  MESSAGE_BYTES_MAX,
  servicePatterns,
  streamSubjects,
  subjects,
} from '@muster/shared/contracts'

/** What a user whose token was signed with a key may do; the server fills in name and tags of the token. */
export interface Scope {
  readonly pub: readonly string[]
  readonly sub: readonly string[]
  /** Bytes of a message; −1 for what the server carries. */
  readonly payload: number
  readonly subscriptionsMax: number
  /** It may answer what it is asked, wherever the asker wants the answer. */
  readonly answers?: boolean
}

export type ScopeRole = 'agent' | 'enrol' | 'service' | 'responder'

/** Streams and bucket are in an account of their own, and only the service that has them is there. */
export const accountOf = (role: ScopeRole): 'fleet' | 'store' => (role === 'service' ? 'store' : 'fleet')

/** As nats-server knows them: the tag and the name of the user, and its public key. */
const [TENANT, NAME, KEY] = ['{{tag(tenant)}}', '{{name()}}', '{{subject()}}']
const ANY = '*'

/**
 * Private inboxes. Tenants and agents are lower-case tokens, so that none of them can be called as a service or as a key
 * is, and listen to its answers.
 */
export const inboxes = {
  agent: (tenant: string, agent: string) => `_I.${tenant}.${agent}`,
  enrol: (userKey: string) => `_I.ENR.${userKey}`,
  service: (name: string) => `_I.SVC.${name}`,
  system: (name: string) => `_I.SYS.${name}`,
} as const

/** Bodies of policies: bytes of the own tenant's, straight from the bucket. */
export const policyBodyPattern = (tenant: string): string => `$JS.API.DIRECT.GET.KV_POLICY.$KV.POLICY.${tenant}.>`

/** A subject that account FLEET has of account STORE: questions that go there, or messages that come from there. */
export interface Crossing {
  readonly subject: string
  readonly type: 'service' | 'stream'
}

/**
 * All that passes between the accounts. Whatever an agent can name as a reply subject may be sent there by the server: so no
 * subject may be here on which such a message would be worse than what every agent may send itself.
 */
export const crossings: readonly Crossing[] = [
  ...streamSubjects.REPORTS.map((subject) => ({ subject, type: 'service' }) as const),
  { subject: policyBodyPattern(ANY), type: 'service' },
  { subject: 'v1.dn.>', type: 'stream' },
  { subject: 'v1.bc.>', type: 'stream' },
]

/** With room for headers. */
const AGENT_PAYLOAD_BYTES = MESSAGE_BYTES_MAX + 4_096
const AGENT_SUBSCRIPTIONS_MAX = 2_000

/**
 * The templates of the signing keys of accounts FLEET and STORE. Never change one in place: that ends every connection of its key. A
 * new version of the key takes the new template, and the old one is retired when its last token has run out.
 */
export const scopes: Readonly<Record<ScopeRole, Scope>> = {
  agent: {
    pub: [`v1.up.${TENANT}.${NAME}.>`, subjects.workerHello(TENANT, NAME), policyBodyPattern(TENANT)],
    sub: [
      `v1.dn.${TENANT}.${NAME}.>`,
      broadcastPattern(TENANT),
      subjects.rollCall(TENANT),
      subjects.fleetOrder(TENANT, NAME),
      `${inboxes.agent(TENANT, NAME)}.>`,
    ],
    payload: AGENT_PAYLOAD_BYTES,
    subscriptionsMax: AGENT_SUBSCRIPTIONS_MAX,
    answers: true,
  },
  enrol: {
    pub: [subjects.agentJoin(TENANT)],
    sub: [`${inboxes.enrol(KEY)}.>`],
    payload: 32_768,
    subscriptionsMax: 4,
  },
  // It answers what agents ask, wherever they want the answer: so it must not have what agents must not do.
  responder: {
    pub: ['_I.>', subjects.fleetOrder(ANY, ANY), subjects.rollCall(ANY)],
    sub: [
      ...Object.values(servicePatterns).map((pattern) => pattern(ANY)),
      subjects.agentJoin(ANY),
      `${inboxes.service(NAME)}.>`,
    ],
    payload: -1,
    subscriptionsMax: -1,
  },
  service: {
    pub: ['v1.dn.>', 'v1.bc.>', 'v1.int.>', '_I.SVC.>', '$JS.API.>', '$JS.ACK.>', '$KV.>'],
    sub: ['v1.int.>', `${inboxes.service(NAME)}.>`],
    payload: -1,
    subscriptionsMax: -1,
  },
}
