import { decode, encode, FleetOrderReply, HISTORY_PAGE_MAX, subjects } from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { compliance } from '../domain/device.test-support.ts'
import type { Fleet } from './fleet.ts'
import { TENANT } from './service.test-support.ts'
import { createWorld, eventually, population, statesOf, type TestWorld } from './world.test-support.ts'

const AGENT = 'agent-1'

async function enrolledFleet(world: TestWorld, count: number): Promise<Fleet> {
  const fleet = await world.agent()
  await world.service.order(AGENT, population(count))
  world.clock.advance(0)
  await eventually(() => {
    expect(statesOf(fleet).every(({ phase, conversation }) => phase === 'enrolled' && !conversation)).toBe(true)
  })
  return fleet
}

const offline = (fleet: Fleet) => statesOf(fleet).flatMap(({ online, key }) => (online ? [] : [key]))

describe('orders', () => {
  it('bring devices at a rate that grows until it is what it stays', async () => {
    await using world = await createWorld()
    const { clock, service } = world
    const fleet = await world.agent()
    const beganMs = clock.nowMs()
    // 100 devices: at a rate that grows for a minute to one a second, and stays there.
    await service.order('agent-1', population(100, { population: { enrolOverMs: 130_000, enrolRampMs: 60_000 } }))
    const enrolMs = statesOf(fleet).map(({ agenda }) => agenda.find(({ what }) => what === 'enrol')?.atMs ?? 0)
    const until = (seconds: number): number => enrolMs.filter((atMs) => atMs - beganMs < seconds * 1_000).length
    expect([0.5, 30.5, 60.5, 90.5, 120.5, 130.5].map(until)).toEqual([1, 8, 31, 61, 91, 100])
  })

  it('take a share of devices offline, the same ones for the same salt, and bring them back', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 100)
    const presence = (online: boolean, salt: string, share = 0.3) =>
      world.service.order(AGENT, { order: 'presence', online, selector: { share, salt } })
    await presence(false, 'a')
    const first = offline(fleet)
    expect(first.length).toBeGreaterThan(15)
    expect(first.length).toBeLessThan(45)
    await presence(true, 'a', 1)
    expect(offline(fleet)).toEqual([])
    await presence(false, 'a')
    expect(offline(fleet)).toEqual(first)
    await presence(true, 'a', 1)
    await presence(false, 'b')
    expect(offline(fleet)).not.toEqual(first)
  })

  it('a greater share of the same salt takes the devices of the smaller and more', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 60)
    await world.service.order(AGENT, { order: 'presence', online: false, selector: { share: 0.2, salt: 'a' } })
    const small = offline(fleet)
    await world.service.order(AGENT, { order: 'presence', online: false, selector: { share: 0.6, salt: 'a' } })
    expect(offline(fleet)).toEqual(expect.arrayContaining(small))
    expect(offline(fleet).length).toBeGreaterThan(small.length)
  })

  it('select by group, platform and id', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 5)
    const count = async (selector: object) => {
      const reply = await world.service.order(AGENT, { order: 'sync', selector, spreadMs: HOUR_MS })
      return reply.outcome === 'done' ? reply.devices : reply.code
    }
    const [one] = statesOf(fleet)
    expect(await count({ group: 'win' })).toBe(5)
    expect(await count({ group: 'mac' })).toBe(0)
    expect(await count({ platform: 'windows' })).toBe(5)
    expect(await count({ platform: 'linux' })).toBe(0)
    expect(await count({ deviceIds: [one?.deviceId] })).toBe(1)
  })

  it('spread what they do over the time given', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 100)
    await world.service.order(AGENT, { order: 'presence', online: false, selector: {}, spreadMs: HOUR_MS })
    expect(offline(fleet)).toHaveLength(0)
    world.clock.advance(HOUR_MS / 2)
    expect(offline(fleet).length).toBeGreaterThan(30)
    expect(offline(fleet).length).toBeLessThan(70)
    world.clock.advance(HOUR_MS / 2)
    expect(offline(fleet)).toHaveLength(100)
  })

  it('make devices drift, and heal a share of them after the time given', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 100)
    const drifted = () => statesOf(fleet).filter(({ inventory }) => inventory.posture.encrypted === false).length
    const order = { order: 'drift', posture: { encrypted: false }, selector: {}, heals: 0.5, healAfterMs: HOUR_MS }
    expect(await world.service.order(AGENT, order)).toMatchObject({ outcome: 'done', devices: 100 })
    expect(drifted()).toBe(100)
    world.clock.advance(HOUR_MS)
    expect(drifted()).toBeGreaterThan(30)
    expect(drifted()).toBeLessThan(70)
  })

  it('make the user press "Check status": what has drifted is reported', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 5)
    await world.service.assign([compliance('c1', 1)])
    await world.service.order(AGENT, { order: 'drift', posture: { encrypted: false }, selector: {} })
    await world.service.order(AGENT, { order: 'sync', selector: {} })
    await eventually(() =>
      expect([...world.service.devices.values()].every(({ ackedSeq }) => ackedSeq === 1)).toBe(true),
    )
    for (const { reports } of world.service.devices.values()) {
      expect(reports[0]?.inventory?.posture.encrypted).toBe(false)
      expect(reports[0]?.policies?.[0]?.results).toMatchObject([{ data: false }])
    }
    expect(fleet.counters.reportsSent).toBe(5)
  })

  it('show one device whole', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 2)
    const [one] = statesOf(fleet)
    const reply = await world.service.order(AGENT, { order: 'inspect', deviceId: one?.deviceId })
    expect(reply).toMatchObject({ outcome: 'done', devices: 1, inspection: { key: one?.key, phase: 'enrolled' } })
    const nobody = await world.service.order(AGENT, {
      order: 'inspect',
      deviceId: '00000000-0000-4000-8000-00000000ffff',
    })
    expect(nobody).toMatchObject({ outcome: 'done', devices: 0 })
  })

  it('tell what every device has sent, in pages', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 25)
    await world.service.assign([compliance('c1', 1)])
    world.service.poke(subjects.pokeAll(TENANT), { reason: 'policy', spreadMs: 0, correlationId: 'p' })
    await eventually(() => expect(fleet.counters.reportsSent).toBe(25))
    const keys: string[] = []
    let after: string | undefined = ''
    while (after !== undefined) {
      const reply = await world.service.order(AGENT, { order: 'history', after, limit: 10 })
      if (reply.outcome === 'refused') throw new Error(reply.message)
      for (const entry of reply.history ?? []) {
        expect(entry).toMatchObject({ phase: 'enrolled', lastSeq: 1 })
        keys.push(entry.deviceKey)
      }
      after = reply.next
    }
    expect(keys).toEqual([...fleet.slots.keys()].sort())
    await eventually(() => {
      world.clock.advance(10 * MINUTE_MS)
      expect(statesOf(fleet).every(({ outbox }) => outbox.length === 0)).toBe(true)
    })
    const reply = await world.service.order(AGENT, { order: 'history', limit: 1 })
    expect(reply).toMatchObject({ history: [{ lastSeq: 1, ackedSeq: 1 }] })
  })

  it('tell a full page of the longest that there is in a message that can be read', () => {
    const longest = {
      ...{ deviceKey: 'k'.repeat(80), deviceId: '00000000-0000-4000-8000-000000000000', phase: 'enrolling' },
      ...{ lastSeq: 9_999_999, ackedSeq: 9_999_999, online: false },
      enrolment: { beganAtMs: 1_800_000_000_000, endedAtMs: 1_800_000_000_000 },
    }
    const history = Array.from({ length: HISTORY_PAGE_MAX }, () => longest)
    const page = encode({ outcome: 'done', devices: history.length, history, next: longest.deviceKey })
    expect(decode(FleetOrderReply, page)).toMatchObject({ ok: true })
  })
})
