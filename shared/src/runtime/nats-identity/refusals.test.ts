import { SubjectToken, subjects } from '@muster/shared/contracts'
import { connect, headers, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type TestNatsServer, testNatsServer } from '../../../test-support/nats.ts'
import { createNatsBus } from '../nats-bus.ts'
import { createNkey } from './nkey.ts'
import { type Principal, principalOf, principalWith } from './principal.ts'
import { inboxes, policyBodyPattern } from './scopes.ts'

const [TENANT, AGENT] = ['t', 'a']
const nowS = (): number => Math.floor(Date.now() / 1_000)

let server: TestNatsServer
beforeAll(async () => {
  server = await testNatsServer()
  const principal = server.identity.service('service', 'control-reports', TENANT)
  const { url } = server
  const service = await createNatsBus({ url, principal, name: 'control-reports', role: 'service', tenant: TENANT })
  await service.putBlob('t.abc', Buffer.from('body'))
  await service.putBlob('u.abc', Buffer.from('of another tenant'))
  await service.close()
})
afterAll(() => server[Symbol.asyncDispose]())

function agentOf(tenant: string, agentId: string): Principal {
  const { publicKey: key, ...user } = createNkey('user')
  const token = server.identity.signAgent({ agentId, tenant, key, iat: nowS(), exp: nowS() + 600 })
  return principalWith({ ...user, publicKey: key }, inboxes.agent(tenant, agentId), () => token)
}

/** A connection without the care of the bus, and what the server has refused it. */
async function rawOf(principal: Principal): Promise<{ connection: NatsConnection; refused: Set<string> }> {
  const refused = new Set<string>()
  const connection = await connect({
    servers: server.url,
    reconnect: false,
    inboxPrefix: principal.inboxPrefix,
    authenticator: (nonce = '') => ({
      jwt: principal.token(),
      sig: Buffer.from(principal.sign(Buffer.from(nonce))).toString('base64url'),
    }),
  })
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error' && status.error instanceof PermissionViolationError)
        refused.add(`${status.error.operation} ${status.error.subject}`)
    }
  })()
  return { connection, refused }
}

/** Publish, ask and subscribe on each; answers what was not refused. */
async function trespass(principal: Principal, publishes: readonly string[], subscribes: readonly string[]) {
  const { connection, refused } = await rawOf(principal)
  const tried = [
    ...publishes.map((subject) => `publish ${subject}`),
    ...subscribes.map((subject) => `subscription ${subject}`),
  ]
  for (const subject of publishes) {
    connection.publish(subject, 'x')
    connection.publish(subject, 'x', { reply: `${principal.inboxPrefix}.answer` })
  }
  for (const subject of subscribes) {
    connection.subscribe(subject, { callback: () => undefined })
    connection.subscribe(subject, { queue: 'svc', callback: () => undefined })
  }
  await connection.flush()
  await connection.flush()
  await connection.close()
  return tried.filter((what) => !refused.has(what))
}

/** Every subject of the contract that has a tenant, and an agent where it has one. */
const everySubjectOf = (tenant: string, agent: string): string[] =>
  Object.entries(subjects).map(([name, subject]) =>
    name === 'pokePlatform'
      ? subjects.pokePlatform(tenant, 'windows')
      : (subject as (tenant: string, agent: string) => string)(tenant, agent),
  )

const streams = ['REPORTS', 'DLQ', 'KV_POLICY']
const jetstream = [
  ...['INFO', 'STREAM.NAMES', 'STREAM.LIST'].map((call) => `$JS.API.${call}`),
  ...['CREATE', 'UPDATE', 'INFO', 'DELETE', 'PURGE', 'MSG.GET', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE'].flatMap((call) =>
    streams.map((stream) => `$JS.API.STREAM.${call}.${stream}`),
  ),
  ...['CREATE', 'NAMES', 'LIST'].flatMap((call) => streams.map((stream) => `$JS.API.CONSUMER.${call}.${stream}`)),
  ...['DURABLE.CREATE', 'INFO', 'DELETE', 'MSG.NEXT', 'PAUSE'].map(
    (call) => `$JS.API.CONSUMER.${call}.REPORTS.control`,
  ),
  '$JS.API.DIRECT.GET.REPORTS',
  '$JS.API.DIRECT.GET.KV_POLICY',
  '$JS.API.DIRECT.GET.KV_POLICY.$KV.POLICY.u.abc',
  '$JS.ACK.REPORTS.control.1.1.1.1.1',
  '$JS.FC.REPORTS.x',
  '$KV.POLICY.t.abc',
  '$KV.POLICY.u.abc',
]
const system = [
  '$SYS.REQ.CLAIMS.UPDATE',
  '$SYS.REQ.CLAIMS.LIST',
  '$SYS.REQ.SERVER.PING',
  '$SYS.REQ.SERVER.PING.CONNZ',
  '$SYS.REQ.SERVER.X.KICK',
  '$SYS.REQ.ACCOUNT.X.CONNZ',
  '$SYS.ACCOUNT.X.CONNECT',
]
const privateInboxes = ['_I.t.b.x', '_I.u.a.x', '_I.SVC.control-requests.x', '_I.ENR.UAAA.x', '_I.SYS.x.y', '_INBOX.x']
const wildcards = ['>', '*', '*.>', 'v1.>', 'v1.*.t.a.>', 'v1.up.>', 'v1.dn.*.a.>', 'v1.dn.t.>', 'v1.bc.>', 'v1.sim.>']
const inWildcards = [
  '_I.>',
  '_I.t.>',
  '_I.*.a.>',
  '_I.SVC.>',
  '$JS.>',
  '$SYS.>',
  '$KV.>',
  'v1.int.>',
  '$JS.API.DIRECT.>',
]
const others = [...everySubjectOf('t', 'b'), ...everySubjectOf('u', 'a'), ...everySubjectOf('u', 'b')].filter(
  (subject) => !/^v1\.(bc\.t\.|sim\.t\.roll-call)/.test(subject),
)
const serviceOnly = ['v1.int.cache', 'v1.int.dlq.x', 'v1.enr.t', 'v1.enr.u']

describe('an agent with its own credentials', () => {
  it('is refused every subject of every other agent, tenant and service, of the system and of JetStream', async () => {
    const downward = [subjects.poke(TENANT, AGENT), subjects.pokeAll(TENANT), subjects.pokePlatform(TENANT, 'windows')]
    const orders = [subjects.rollCall(TENANT), subjects.fleetOrder(TENANT, AGENT)]
    const all = [...others, ...serviceOnly, ...jetstream, ...system, ...privateInboxes]
    expect(all.length).toBeGreaterThan(100)
    const upward = everySubjectOf(TENANT, AGENT).filter((subject) => /^v1\.up|hello$/.test(subject))
    const open = await trespass(
      agentOf(TENANT, AGENT),
      [...all, ...downward, ...orders],
      [...all, ...upward, ...wildcards, ...inWildcards, policyBodyPattern('t')],
    )
    expect(open).toEqual([])
  })

  it('does what is its own', async () => {
    const principal = agentOf(TENANT, AGENT)
    const { url } = server
    const bus = await createNatsBus({ url, principal, name: AGENT, role: 'agent', tenant: TENANT })
    await bus.append(subjects.report(TENANT, AGENT), Buffer.from('x'), { msgId: 'x' })
    expect(Buffer.from((await bus.getBlob('t.abc')) ?? []).toString()).toBe('body')
    await expect(bus.getBlob('u.abc')).rejects.toMatchObject({ code: expect.stringMatching(/^bus\//) })
    await bus.close()
    const own = everySubjectOf(TENANT, AGENT)
    const upward = own.filter((subject) => /^v1\.up|hello$/.test(subject))
    const downward = own.filter((subject) => /^v1\.(dn|bc)|order$|roll-call$/.test(subject))
    const open = await trespass(principal, upward, downward)
    expect(open).toHaveLength(upward.length + downward.length)
  })

  // Where an acknowledgement goes is chosen by who sends the report, and it is the server that sends it: no right is asked for.
  it('has its reports acknowledged in its own account, where nothing is kept', async () => {
    const { url } = server
    const principal = server.identity.service('service', 'control-outgoing', TENANT)
    const service = await createNatsBus({ url, principal, name: 'control-outgoing', role: 'service', tenant: TENANT })
    for (let n = 0; n < 8; n++)
      await service.append(subjects.deadLetter('x'), Buffer.from(`${n}`), { msgId: `dlq-${n}` })
    const kept = async () => ({
      reports: (await service.streamInfo('REPORTS')).messages,
      letters: (await service.streamInfo('DLQ')).messages,
      bodies: await Promise.all(
        ['t.abc', 'u.abc', 't.new'].map(async (key) => Buffer.from((await service.getBlob(key)) ?? []).toString()),
      ),
    })
    const before = await kept()
    expect(before).toMatchObject({ letters: 8, bodies: ['body', 'of another tenant', ''] })
    const { connection } = await rawOf(agentOf(TENANT, AGENT))
    const orders = ['PURGE', 'DELETE', 'MSG.DELETE'].flatMap((call) =>
      streams.map((stream) => `$JS.API.STREAM.${call}.${stream}`),
    )
    const places = [
      '$KV.POLICY.t.abc',
      '$KV.POLICY.u.abc',
      '$KV.POLICY.t.new',
      subjects.deadLetter('x'),
      'v1.int.cache',
    ]
    // What claims to be an acknowledgement to a consumer the server does not take at all.
    const replies = [...new Set([...orders, ...places, ...jetstream, ...system])].filter(
      (reply) => !reply.startsWith('$JS.ACK.'),
    )
    for (const reply of replies) connection.publish(subjects.report(TENANT, AGENT), '{}', { reply })
    await connection.flush()
    // The last one is acknowledged after all the others were.
    const last = await connection.request(subjects.report(TENANT, AGENT), '{}')
    expect(last.json()).toMatchObject({ stream: 'REPORTS' })
    await connection.close()
    expect(await kept()).toEqual({ ...before, reports: before.reports + replies.length + 1 })
    await service.close()
  })

  it('is heard and acknowledged across the accounts: headers, one report sent twice, a poke', async () => {
    const { url } = server
    const principal = server.identity.service('service', 'control-across', TENANT)
    const service = await createNatsBus({ url, principal, name: 'control-across', role: 'service', tenant: TENANT })
    const { connection } = await rawOf(agentOf(TENANT, AGENT))
    const meta = headers()
    meta.set('Nats-Msg-Id', 'once')
    const send = async () =>
      (await connection.request(subjects.report(TENANT, AGENT), 'x', { headers: meta, timeout: 5_000 })).json()
    const before = (await service.streamInfo('REPORTS')).messages
    expect(await send()).not.toHaveProperty('duplicate')
    expect(await send()).toMatchObject({ stream: 'REPORTS', duplicate: true })
    expect((await service.streamInfo('REPORTS')).messages).toBe(before + 1)
    const heard: string[] = []
    const pokes = [subjects.poke(TENANT, AGENT), subjects.pokeAll(TENANT), subjects.pokePlatform(TENANT, 'windows')]
    for (const pattern of [`v1.dn.${TENANT}.${AGENT}.>`, `v1.bc.${TENANT}.>`])
      connection.subscribe(pattern, { queue: 'agent', callback: (_, { subject }) => void heard.push(subject) })
    await connection.flush()
    for (const subject of pokes) service.publish(subject, Buffer.from('x'))
    await vi.waitFor(() => expect(heard.sort()).toEqual([...pokes].sort()))
    await connection.close()
    await service.close()
  })

  it('is what its name says and no more, whatever the name', async () => {
    const token = fc.stringMatching(/^[a-z0-9-]{1,40}$/)
    await fc.assert(
      fc.asyncProperty(token, token, async (name, tenant) => {
        const neighbours = [`${name.slice(0, 39)}0`, name.slice(1) || 'zz', 'a', '-'].filter((other) => other !== name)
        const theirs = neighbours.map((other) => subjects.checkIn(tenant, other))
        const open = await trespass(agentOf(tenant, name), [...theirs, subjects.checkIn(tenant, name)], theirs)
        expect(open).toEqual([`publish ${subjects.checkIn(tenant, name)}`])
      }),
      { numRuns: 12 },
    )
  })

  it('has no name that could be more than a name', () => {
    const evil = fc.oneof(
      fc.constantFrom('*', '>', 'a.b', '.', '', 'A', 'a ', ' a', 'a\n', 'ａ', '{{name()}}', 'a*', 'a>', 'a'.repeat(41)),
      fc.string({ minLength: 1, maxLength: 50 }).filter((text) => /[^a-z0-9-]/.test(text)),
    )
    fc.assert(fc.property(evil, (name) => !SubjectToken.safeParse(name).success))
  })
})

describe('somebody who is invited', () => {
  it('may ask to join, and do nothing else', async () => {
    const principal = principalOf(server.identity.enrolment(TENANT, nowS(), nowS() + 600))
    const all = [...everySubjectOf('t', 'a'), ...everySubjectOf('u', 'a'), ...jetstream, ...system, ...privateInboxes]
    const other = inboxes.enrol(createNkey('user').publicKey)
    const open = await trespass(principal, all, [...all, ...wildcards, ...inWildcards, `${other}.>`, '_I.ENR.>'])
    expect(open).toEqual([`publish ${subjects.agentJoin(TENANT)}`])
  })

  it('is not let in when the time is over', async () => {
    const principal = principalOf(server.identity.enrolment(TENANT, nowS() - 700, nowS() - 100))
    await expect(rawOf(principal)).rejects.toThrow(/authorization|authentication|expired/i)
  })
})

it('a service that answers agents cannot touch streams, nor speak to agents', async () => {
  const principal = server.identity.service('responder', 'control-requests', TENANT)
  const downward = [subjects.poke(TENANT, AGENT), subjects.pokeAll(TENANT)]
  expect(await trespass(principal, [...jetstream, ...system, ...downward], ['>', '$JS.>', '$SYS.>'])).toEqual([])
})

it('who is signed for by nobody of the broker is not let in', async () => {
  const [user, self] = [createNkey('user'), createNkey('account')]
  const { encodeNatsJwt } = await import('./jwt.ts')
  const { scopedUserClaims } = await import('./claims.ts')
  const claims = scopedUserClaims(server.identity.fleetAccount, {
    key: user.publicKey,
    name: 'a',
    tenant: 't',
    iat: nowS(),
  })
  await expect(rawOf(principalWith(user, '_I.t.a', () => encodeNatsJwt(claims, self)))).rejects.toThrow(
    /authorization/i,
  )
})
