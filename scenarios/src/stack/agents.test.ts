import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runAgent } from '@muster/agent/fleet'
import {
  type AgentCredentialReply,
  type AgentView,
  encode,
  type Invitation,
  subjects,
  type WorkerView,
} from '@muster/shared/contracts'
import { createNatsBus, createNkey, principalOf } from '@muster/shared/runtime'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Live, PATIENT, startLive } from '../../test-support/live.ts'

const DEVICES = 20
let live: Live
afterEach(() => live?.[Symbol.asyncDispose]())

const agents = async (): Promise<readonly AgentView[]> =>
  ((await live.client.call('GET', '/_muster/agents')) as { agents: AgentView[] }).agents
const agent = async (id: string): Promise<AgentView | undefined> =>
  (await agents()).find(({ agentId }) => agentId === id)
const invite = (order: object = {}): Promise<Invitation> =>
  live.client.call('POST', '/_muster/invitations', order) as Promise<Invitation>
const worker = async (): Promise<WorkerView | undefined> => {
  const { workers } = (await live.client.call('GET', '/_muster/workers')) as { workers: WorkerView[] }
  return workers.find(({ hello }) => hello.agentId === 'worker-1')
}
const failedRequests = async (): Promise<number | undefined> => (await worker())?.hello.counters.requestErrors
const order = (what: object): Promise<unknown> =>
  live.client.call('POST', '/_muster/orders', { ...what, selector: { share: 1, salt: '' } })

interface Ended {
  readonly error: Promise<unknown>
  ready(): Promise<unknown>
  stop(): Promise<void>
}

/** An agent in this process, with an invitation. */
function joinAs(agentId: string, invitation: Invitation): Ended {
  const stop = new AbortController()
  const { promise: ready, resolve } = Promise.withResolvers<unknown>()
  const { natsUrl, tenant, clock, ca } = invitation
  const broker = { kind: 'own', ...(ca === undefined ? {} : { ca }), invitation } as const
  const config = { natsUrl, tenant, clock, broker, agentId, capacity: 10, logLevel: 'silent' }
  const running = runAgent(config, stop.signal, resolve)
  const error = running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return {
    error,
    ready: () => Promise.race([ready, running]),
    stop: async () => {
      stop.abort()
      await error
    },
  }
}

describe('an agent', () => {
  it('renews its credentials before they run out, and its devices see nothing of it', async () => {
    live = await startLive({ broker: { tokenMs: 4_000 } })
    await live.populate(DEVICES)
    const first = await agent('worker-1')
    const failed = await failedRequests()
    let osVersion = ''
    for (let round = 0; round < 6; round++) {
      osVersion = `10.0.26100.${9_100 + round}`
      expect(await order({ order: 'drift', posture: {}, osVersion })).toMatchObject({ devices: DEVICES })
      expect(await order({ order: 'sync' })).toMatchObject({ devices: DEVICES })
      const { serialNumber } = (await agent('worker-1')) ?? {}
      await vi.waitFor(async () => expect((await agent('worker-1'))?.serialNumber).not.toBe(serialNumber), PATIENT)
    }
    const last = await agent('worker-1')
    expect(last?.issuedAtMs).toBeGreaterThan(first?.expiresAtMs ?? Number.POSITIVE_INFINITY)
    await vi.waitFor(async () => {
      const filter = encodeURIComponent(`osVersion eq '${osVersion}'`)
      const path = `/v1.0/deviceManagement/managedDevices?$filter=${filter}&$top=${DEVICES}`
      expect(await live.client.call('GET', path)).toMatchObject({ value: { length: DEVICES } })
    }, PATIENT)
    expect(await failedRequests()).toBe(failed)
    expect(await live.history(DEVICES)).toMatchObject({ ok: true, lost: 0, appliedTwice: 0, problems: [] })
  }, 120_000)

  it('that is revoked is cut off at once, and does not come in again until it is readmitted', async () => {
    live = await startLive()
    const intruder = joinAs('intruder', await invite())
    await intruder.ready()
    await vi.waitFor(
      async () =>
        expect(await live.client.call('GET', '/_muster/workers')).toMatchObject({
          workers: expect.arrayContaining([
            expect.objectContaining({ alive: true, hello: expect.objectContaining({ agentId: 'intruder' }) }),
          ]),
        }),
      PATIENT,
    )
    const connections = async (): Promise<number> => {
      const { connections } = await live.brokerConnections()
      return connections.filter(({ name }) => name === 'intruder').length
    }
    expect(await connections()).toBe(1)
    expect(await live.client.call('POST', '/_muster/agents/intruder/revoke')).toMatchObject({
      revokedAtMs: expect.any(Number),
    })
    // It tries again all the while.
    for (let look = 0; look < 10; look++) {
      expect(await connections()).toBe(0)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await intruder.stop()
    await expect(invite({ agentId: 'intruder' })).rejects.toMatchObject({ code: 'client/refused' })
    const again = joinAs('intruder', await invite())
    expect(await again.error).toMatchObject({ code: 'credential/revoked' })
    await live.stack.nats.kill()
    await vi.waitFor(async () => expect((await worker())?.alive).toBe(true), PATIENT)
    const readmitted = joinAs('intruder', await invite({ agentId: 'intruder', readmit: true }))
    await readmitted.ready()
    expect((await agent('intruder'))?.revokedAtMs).toBeUndefined()
    await readmitted.stop()
  }, 120_000)

  it('gets in with an invitation once, in time, and under the name that it is for', async () => {
    live = await startLive()
    const invitation = await invite({ agentId: 'first' })
    const wrong = joinAs('second', invitation)
    expect(await wrong.error).toMatchObject({ code: 'credential/bad-invitation' })
    const right = joinAs('first', invitation)
    await right.ready()
    const twice = joinAs('first', invitation)
    expect(await twice.error).toMatchObject({ code: 'credential/bad-invitation' })
    const taken = joinAs('worker-1', await invite())
    expect(await taken.error).toMatchObject({ code: 'simulation/agent-id-taken' })
    await right.stop()
  }, 120_000)

  it('must prove the keys that it wants certified', async () => {
    live = await startLive()
    const { natsUrl, secret, enrolment } = await invite()
    const principal = principalOf(enrolment)
    const bus = await createNatsBus({ url: natsUrl, principal, name: 'liar', role: 'agent', tenant: 'contoso' })
    const [user, other] = [createNkey('user'), createNkey('user')]
    const csr = Buffer.from('no request')
    const request = {
      ...{ v: 1, secret, agentId: 'liar', userKey: user.publicKey, csr: csr.toString('base64') },
      proof: Buffer.from(other.sign(csr)).toString('base64'),
    }
    const answer = await bus.request(subjects.agentJoin('contoso'), encode(request), { timeoutMs: 5_000 })
    const reply = JSON.parse(Buffer.from(answer).toString()) as AgentCredentialReply
    expect(reply).toMatchObject({ outcome: 'refused', code: 'credential/bad-proof' })
    await bus.close()
    expect(await agent('liar')).toBeUndefined()
  }, 60_000)
})

describe('the keys that make agents', () => {
  it('roll over without a disconnection, and the old one is retired when nobody needs it', async () => {
    live = await startLive({ broker: { tokenMs: 6_000 } })
    await live.populate(DEVICES)
    const failed = await failedRequests()
    const rolled = (await live.client.call('POST', '/_muster/signing-keys/roll-over')) as {
      keys: { role: string; version: number; current: boolean }[]
    }
    expect(rolled.keys.filter(({ role }) => role === 'agent')).toMatchObject([
      { version: 1, current: false },
      { version: 2, current: true },
    ])
    const { serialNumber } = (await agent('worker-1')) ?? {}
    await order({ order: 'sync' })
    await vi.waitFor(async () => expect((await agent('worker-1'))?.serialNumber).not.toBe(serialNumber), PATIENT)
    await live.client.call('POST', '/_muster/signing-keys/retire')
    await order({ order: 'sync' })
    await vi.waitFor(async () => expect((await live.history(DEVICES)).ok).toBe(true), PATIENT)
    expect(await failedRequests()).toBe(failed)
  }, 120_000)
})

describe('a broker with TLS', () => {
  it('is trusted with the root of the tenant alone, and serves workers', async () => {
    live = await startLive({ broker: { tls: true } })
    await live.populate(DEVICES)
    const { url } = live.stack.nats
    expect(url).toMatch(/^tls:/)
    const options = { name: 'x', role: 'agent', tenant: 'contoso', connectTimeoutMs: 500 } as const
    const { enrolment, ca } = await invite()
    const principal = principalOf(enrolment)
    await expect(createNatsBus({ url, principal, ...options })).rejects.toMatchObject({ code: 'bus/disconnected' })
    const bus = await createNatsBus({ url, principal, ...(ca === undefined ? {} : { ca }), ...options })
    await bus.close()
    expect(await live.history(DEVICES)).toMatchObject({ ok: true })
  }, 120_000)

  it('keeps keys for their owner only, and none in what it says', async () => {
    live = await startLive()
    const nats = join(live.dir, 'nats')
    for (const file of ['identity/roots.json', 'identity/keys.json', 'identity/fleet.json', 'nats.conf'])
      expect(statSync(join(nats, file)).mode & 0o077, file).toBe(0)
    const seeds = readFileSync(join(nats, 'identity/keys.json'), 'utf8').match(/S[OAU][A-Z2-7]{56}/g) ?? []
    expect(seeds.length).toBeGreaterThan(4)
    const said = ['nats.conf', 'nats.log'].map((file) => readFileSync(join(nats, file), 'utf8')).join('')
    expect(seeds.filter((seed) => said.includes(seed))).toEqual([])
  }, 60_000)
})
