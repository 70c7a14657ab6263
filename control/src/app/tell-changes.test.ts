import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, HOUR_MS, type ManualClock, MINUTE_MS, manualClock, SECOND_MS, unwrap } from '@muster/shared/core'
import { createAuthority, loadAuthority } from '@muster/shared/pki'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Entity } from '../../test-support/graph.ts'
import { openReceiver, type Receiver } from '../../test-support/receiver.ts'
import { httpReceivers } from '../adapters/http-receivers.ts'
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/store.ts'
import type { ChangeSubscription } from '../domain/subscriptions/subscription.ts'
import { createTelling, type Telling } from './tell-changes.ts'
import { validateReceiver } from './validate-receiver.ts'

const TENANT_ID = '11111111-2222-4333-8444-555555555555'

let dir: string
let store: SqliteStore
let receiver: Receiver
let wall: ManualClock
let telling: Telling
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'muster-telling-'))
  store = openSqliteStore(join(dir, 'muster.db'))
  receiver = await openReceiver()
  wall = manualClock(1_800_000_000_000)
  start()
})
afterEach(async () => {
  await telling.stop()
  await receiver[Symbol.asyncDispose]()
  await store.close()
  rmSync(dir, { recursive: true })
})

function start(): void {
  telling = createTelling({ store, receivers: httpReceivers(), tenantId: TENANT_ID, wall })
}

async function subscribed(rest: Partial<ChangeSubscription> = {}): Promise<string> {
  const id = `subscription-${(await store.subscriptions.list()).length}`
  await store.subscriptions.put({
    id,
    resource: 'users',
    watched: { set: 'users', membersOnly: false },
    changeTypes: ['updated', 'deleted'],
    notificationUrl: receiver.url,
    latestSupportedTlsVersion: 'v1_2',
    applicationId: 'app',
    creatorId: 'app',
    authorizedAtMs: wall.nowMs(),
    expiresAtMs: wall.nowMs() + 20 * DAY_MS,
    toldUpTo: await store.directoryChanges.latest(),
    ...rest,
  })
  return id
}

const changed = (...ids: readonly string[]): Promise<void> =>
  store.transaction(async ({ users }) => {
    for (const id of ids)
      await users.put({ id, userPrincipalName: id, displayName: id, accountEnabled: true, createdAtMs: 0 })
  })
const toldIds = (): unknown[] => receiver.told.map((told) => (told['resourceData'] as Entity)['id'])

describe('changes', () => {
  it('are told once, in order, and only those after the subscription', async () => {
    await changed('before')
    await subscribed()
    await telling.tell()
    await changed('a', 'b')
    await changed('a')
    await telling.tell()
    await telling.tell()
    expect(toldIds()).toEqual(['b', 'a'])
    await store.users.delete('b')
    await telling.tell()
    expect(receiver.told.at(-1)).toMatchObject({ changeType: 'deleted', resource: 'Users/b' })
  })

  it('are all told, however many have come together', async () => {
    await subscribed()
    const ids = Array.from({ length: 450 }, (_, index) => `user-${index}`)
    await changed(...ids)
    await telling.tell()
    expect(toldIds()).toEqual(ids)
    expect(receiver.calls()).toBe(3)
  })

  it('wait for a receiver that is down, which is called less and less often', async () => {
    await subscribed()
    await receiver.down()
    await changed('a')
    const attempts: number[] = []
    for (let second = 0; second < 40; second++) {
      await telling.tell()
      const [{ failing } = { failing: undefined }] = await store.subscriptions.list()
      if (failing && failing.attempts > attempts.length) attempts.push(second)
      wall.advance(SECOND_MS)
    }
    expect(attempts).toEqual([0, 1, 3, 7, 15, 31])
    await changed('b')
    await receiver.up()
    wall.advance(MINUTE_MS)
    await telling.tell()
    expect(toldIds()).toEqual(['a', 'b'])
    expect((await store.subscriptions.list())[0]?.failing).toBeUndefined()
  })

  it('outlive a restart, heard or not', async () => {
    await subscribed()
    receiver.answer = (response) => response.writeHead(503).end()
    await changed('a')
    await telling.tell()
    await changed('b')
    await telling.stop()
    await store.close()
    store = openSqliteStore(join(dir, 'muster.db'))
    start()
    receiver.answer = undefined
    await telling.tell()
    expect(toldIds()).toEqual([])
    wall.advance(SECOND_MS)
    await telling.tell()
    expect(toldIds()).toEqual(['a', 'b'])
  })

  it('are told others though one receiver never answers, and stopping does not wait for it', async () => {
    const silent = await openReceiver()
    silent.answer = () => undefined
    await subscribed({ notificationUrl: silent.url })
    await subscribed()
    await changed('a')
    const first = telling.tell()
    while (toldIds().length === 0 || silent.calls() === 0) await new Promise(setImmediate)
    expect(toldIds()).toEqual(['a'])
    await telling.stop()
    await first
    // Nobody has said that it was not heard.
    expect((await store.subscriptions.list())[0]).toMatchObject({ toldUpTo: 0 })
    expect((await store.subscriptions.list())[0]?.failing).toBeUndefined()
    await silent[Symbol.asyncDispose]()
  })
})

describe('a subscription', () => {
  it('ends with its time', async () => {
    await subscribed({ expiresAtMs: wall.nowMs() + HOUR_MS })
    await changed('a')
    wall.advance(HOUR_MS)
    await telling.tell()
    expect(receiver.told).toEqual([])
    expect(await store.subscriptions.list()).toEqual([])
  })

  it('is given up when its receiver has been down for four hours, and that is told where it can be', async () => {
    const fate = await openReceiver()
    await subscribed()
    const id = await subscribed({ lifecycleNotificationUrl: fate.url, clientState: 's' })
    await receiver.down()
    await changed('a')
    for (let minute = 0; minute <= 250; minute += 5) {
      await telling.tell()
      wall.advance(5 * MINUTE_MS)
    }
    expect(await store.subscriptions.list()).toEqual([])
    expect(fate.told).toMatchObject([
      { subscriptionId: id, lifecycleEvent: 'subscriptionRemoved', clientState: 's', tenantId: TENANT_ID },
    ])
    await fate[Symbol.asyncDispose]()
  })

  it('is asked once to be renewed before it ends', async () => {
    const id = await subscribed({ lifecycleNotificationUrl: receiver.url })
    wall.advance(20 * DAY_MS - 3 * HOUR_MS - 1)
    await telling.tell()
    expect(receiver.told).toEqual([])
    wall.advance(1)
    for (let times = 0; times < 3; times++) await telling.tell()
    expect(receiver.told).toMatchObject([{ subscriptionId: id, lifecycleEvent: 'reauthorizationRequired' }])
  })
})

describe('a receiver', () => {
  it('with a certificate is called if the certificate is of a known authority', async () => {
    const nowMs = Date.now()
    const authority = unwrap(loadAuthority(unwrap(createAuthority({ name: 'test', nowMs }))))
    const { certificateChainPem: cert, keyPem: key } = unwrap(
      authority.issueServerCertificate({ names: ['127.0.0.1'], nowMs, validityMs: HOUR_MS }),
    )
    await using secure = await openReceiver({ cert, key })
    await validateReceiver(httpReceivers([authority.rootPem]), secure.url, 'r-1')
    expect(secure.tokens[0]).toContain('r-1')
    await expect(validateReceiver(httpReceivers(), secure.url, 'r-2')).rejects.toMatchObject({
      code: 'graph/receiver-not-validated',
    })
    expect(secure.tokens).toHaveLength(1)
  })

  it('that does not answer in time is not validated', async () => {
    receiver.answer = () => undefined
    const calling = httpReceivers()
    const impatient = {
      ...calling,
      post: (call: Parameters<typeof calling.post>[0]) => calling.post({ ...call, timeoutMs: 50 }),
    }
    await expect(validateReceiver(impatient, receiver.url, 'r')).rejects.toThrow('request timed out.')
  })
})
