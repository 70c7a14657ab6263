import { subjects, WorkerHello } from '@muster/shared/contracts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { command, compliance, configuration } from '../domain/device.test-support.ts'
import type { Fleet } from './fleet.ts'
import { belongsTo, TENANT } from './service.test-support.ts'
import { createWorld, eventually, population, statesOf, type TestWorld } from './world.test-support.ts'

const AGENT = 'agent-1'
const policies = [configuration('c1', 1, 'a', 'fail'), compliance('c2', 1)]

/** An agent with so many devices, enrolled and checked in. */
async function enrolledFleet(world: TestWorld, count: number): Promise<Fleet> {
  const fleet = await world.agent()
  expect(await world.service.order(AGENT, population(count))).toMatchObject({ outcome: 'done', devices: count })
  world.clock.advance(0)
  await settled(fleet, 'enrolled')
  return fleet
}

/** Every device in the phase, and nothing under way. */
const settled = (fleet: Fleet, phase: string) =>
  eventually(() => {
    const states = statesOf(fleet)
    expect(states.filter((state) => state.phase !== phase || state.conversation)).toHaveLength(0)
  })

/** What devices say they have reported is what the service has, each once and in order. */
function expectNothingLost(fleet: Fleet, { service }: TestWorld): void {
  for (const { deviceId, lastSeq, key } of statesOf(fleet)) {
    const seqs = service.devices.get(deviceId ?? '')?.reports.map(({ seq }) => seq)
    expect(seqs, key).toEqual(Array.from({ length: lastSeq }, (_, index) => index + 1))
  }
}

const pokeAll = ({ service }: TestWorld, correlationId: string, spreadMs = 0) =>
  service.poke(subjects.pokeAll(TENANT), { reason: 'policy', spreadMs, correlationId })

describe('a fleet', () => {
  it('enrols each device once, with a key of its own that its certificate is for', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 150)
    expect(world.service.counts.enrolments).toBe(150)
    expect(new Set(statesOf(fleet).map(({ deviceId }) => deviceId)).size).toBe(150)
    for (const { state, key } of fleet.slots.values()) {
      const device = world.service.devices.get(state.deviceId ?? '')
      expect(state.certificate?.serialNumber).toBe(device?.certificate.serialNumber)
      expect(key && belongsTo(key, device?.certificate.certificate ?? '')).toBe(true)
    }
  })

  it('is told to populate again without harm, and only up to its capacity', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 5)
    expect(await world.service.order(AGENT, population(5))).toMatchObject({ outcome: 'done' })
    expect(fleet.slots.size).toBe(5)
    expect(await world.service.order(AGENT, population(2_000))).toMatchObject({
      outcome: 'refused',
      code: 'simulation/no-room',
    })
  })

  it('refuses an order that it cannot read, and goes on', async () => {
    await using world = await createWorld()
    await world.agent()
    expect(await world.service.order(AGENT, { order: 'dance' })).toMatchObject({
      outcome: 'refused',
      code: 'message/invalid',
    })
    expect(await world.service.order(AGENT, population(1))).toMatchObject({ outcome: 'done', devices: 1 })
  })

  it('shares a population with other agents: every device once', async () => {
    await using world = await createWorld()
    const fleets = await Promise.all(['agent-1', 'agent-2', 'agent-3'].map((agentId) => world.agent({ agentId })))
    for (const shard of [0, 1, 2]) {
      await world.service.order(`agent-${shard + 1}`, population(20, { shard, shares: [9, 1, 10] }))
    }
    const keys = fleets.flatMap((fleet) => [...fleet.slots.keys()])
    expect(keys).toHaveLength(20)
    expect(new Set(keys).size).toBe(20)
    expect(fleets.map((fleet) => fleet.slots.size)).toEqual([9, 1, 10])
    // Dealt in turn, so that each agent has something of every part of the population.
    expect([...(fleets[1]?.slots.keys() ?? [])]).toEqual(['win-00002'])
  })

  it('spreads enrolment over the time given', async () => {
    await using world = await createWorld()
    const fleet = await world.agent()
    await world.service.order(AGENT, population(10, { population: { enrolOverMs: 10_000 } }))
    world.clock.advance(4_500)
    await eventually(() => expect(statesOf(fleet).filter(({ phase }) => phase === 'enrolled')).toHaveLength(5))
    expect(statesOf(fleet).filter(({ phase }) => phase === 'new')).toHaveLength(5)
    world.clock.advance(5_500)
    await settled(fleet, 'enrolled')
  })

  it('leaves devices that are not let in refused', async () => {
    await using world = await createWorld()
    const fleet = await world.agent()
    await world.service.order(AGENT, population(3, { tokens: { 'windows/entra-join': 'another-token-altogether' } }))
    world.clock.advance(0)
    await settled(fleet, 'refused')
    expect(fleet.counters.refused).toBe(3)
  })

  it('says hello with what it is and has', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 4)
    await fleet.stop()
    const last = world.service.hellos.at(-1)
    expect(WorkerHello.parse(last)).toEqual(last)
    expect(last).toMatchObject({ agentId: AGENT, capacity: 1_000, devices: { enrolled: 4 }, online: 4 })
    expect(last?.counters.checkIns).toBe(4)
  })
})

describe('policies', () => {
  it('reach every device by one poke, are fetched once, and their results are committed', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 120)
    await world.service.assign(policies)
    pokeAll(world, 'rollout-1')
    await eventually(() =>
      expect([...world.service.devices.values()].every(({ ackedSeq }) => ackedSeq === 1)).toBe(true),
    )
    for (const { reports } of world.service.devices.values()) {
      expect(reports[0]?.correlationId).toBe('rollout-1')
      expect(reports[0]?.policies?.map(({ results }) => results.length)).toEqual([2, 1])
    }
    expect(world.service.counts.largestCheckIn).toBeGreaterThan(20)
    const [first, second] = statesOf(fleet)
    expect(first?.policies[0]?.body).toBe(second?.policies[0]?.body)
    expectNothingLost(fleet, world)
  })

  it('whose poke was lost reach every device all the same, at its next check-in of its own', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 60)
    await world.service.assign(policies)
    expect(fleet.counters.pokes).toBe(0)
    world.clock.advance(9 * HOUR_MS)
    await eventually(() =>
      expect([...world.service.devices.values()].every(({ ackedSeq }) => ackedSeq === 1)).toBe(true),
    )
    expect(fleet.counters.pokes).toBe(0)
    expectNothingLost(fleet, world)
  })

  it('reach only those that a poke is for', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 10)
    const before = world.service.counts.checkIns
    const [one] = [...world.service.devices.keys()]
    world.service.poke(subjects.poke(TENANT, AGENT), {
      deviceIds: [one as string],
      reason: 'action',
      spreadMs: 0,
      correlationId: 'p',
    })
    await eventually(() => expect(world.service.counts.checkIns).toBe(before + 1))
    world.service.poke(subjects.pokePlatform(TENANT, 'android'), { reason: 'policy', spreadMs: 0, correlationId: 'p' })
    world.service.poke(subjects.poke(TENANT, 'agent-2'), { reason: 'policy', spreadMs: 0, correlationId: 'p' })
    world.service.poke(subjects.pokePlatform(TENANT, 'windows'), { reason: 'policy', spreadMs: 0, correlationId: 'p' })
    await eventually(() => expect(world.service.counts.checkIns).toBe(before + 11))
    await settled(fleet, 'enrolled')
    expect(world.service.counts.checkIns).toBe(before + 11)
  })

  it('are checked in for evenly over the spread of a poke', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 100)
    const before = world.service.counts.checkIns
    pokeAll(world, 'p', MINUTE_MS)
    await eventually(() => expect(fleet.counters.pokes).toBe(100))
    world.clock.advance(MINUTE_MS / 2)
    await settled(fleet, 'enrolled')
    const half = world.service.counts.checkIns - before
    expect(half).toBeGreaterThan(30)
    expect(half).toBeLessThan(70)
    world.clock.advance(MINUTE_MS / 2)
    await eventually(() => expect(world.service.counts.checkIns - before).toBe(100))
  })

  it('whose body is missing or damaged are had once it is in place', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 3)
    await world.service.assign(policies, { withBodies: false })
    pokeAll(world, 'p')
    await eventually(() => expect(fleet.counters.requestErrors).toBeGreaterThan(0))
    expect(statesOf(fleet).every(({ policies: held }) => held.length === 0)).toBe(true)
    await world.service.assign(policies)
    await eventually(() => {
      world.clock.advance(MINUTE_MS)
      expect([...world.service.devices.values()].every(({ reports }) => reports.length === 1)).toBe(true)
    })
  })

  it('are renewed with the certificate in time: a new key, proven with the old one', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 3)
    const before = [...fleet.slots.values()].map(({ key }) => key)
    await eventually(() => {
      world.clock.advance(HOUR_MS * 12)
      expect(world.service.renewals.count).toBeGreaterThanOrEqual(3)
    })
    await settled(fleet, 'enrolled')
    expect(world.clock.nowMs()).toBeGreaterThan(80 * DAY_MS)
    for (const [index, { state, key }] of [...fleet.slots.values()].entries()) {
      const device = world.service.devices.get(state.deviceId ?? '')
      expect(key).not.toEqual(before[index])
      expect(key && belongsTo(key, device?.certificate.certificate ?? '')).toBe(true)
    }
    expect(fleet.counters.refused).toBe(0)
  })
})

describe('what goes wrong on the way', () => {
  it('a broker that goes and comes back: nothing is lost, nothing is doubled', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 60)
    await world.service.assign(policies)
    pokeAll(world, 'p')
    // In the middle of it: some have asked, some have reported.
    await eventually(() => expect(world.service.counts.checkIns).toBeGreaterThan(60))
    world.broker.setOnline(false)
    world.clock.advance(5 * MINUTE_MS)
    await new Promise((resolve) => setTimeout(resolve, 50))
    world.broker.setOnline(true)
    await eventually(() => {
      world.clock.advance(MINUTE_MS)
      expect([...world.service.devices.values()].every(({ ackedSeq }) => ackedSeq === 1)).toBe(true)
    })
    await settled(fleet, 'enrolled')
    expectNothingLost(fleet, world)
  })

  it('a broker that is gone while devices enrol: each is enrolled once', async () => {
    await using world = await createWorld()
    const fleet = await world.agent()
    await world.service.order(AGENT, population(40))
    world.clock.advance(0)
    await eventually(() => expect(world.service.counts.enrolments).toBeGreaterThan(0))
    world.broker.setOnline(false)
    await new Promise((resolve) => setTimeout(resolve, 50))
    world.broker.setOnline(true)
    await eventually(() => {
      world.clock.advance(MINUTE_MS)
      expect(statesOf(fleet).every(({ phase }) => phase === 'enrolled')).toBe(true)
    })
    expect(world.service.devices.size).toBe(40)
    for (const { state, key } of fleet.slots.values()) {
      const device = world.service.devices.get(state.deviceId ?? '')
      expect(key && belongsTo(key, device?.certificate.certificate ?? '')).toBe(true)
    }
  })

  it('a broker that lost what it had taken: devices send it again at the next check-in', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 30)
    await world.service.assign(policies)
    world.service.loseReports(true)
    pokeAll(world, 'p1')
    await eventually(() => expect(world.service.counts.lost).toBe(30))
    expect([...world.service.devices.values()].every(({ ackedSeq }) => ackedSeq === 0)).toBe(true)
    world.service.loseReports(false)
    pokeAll(world, 'p2')
    await eventually(() =>
      expect([...world.service.devices.values()].every(({ ackedSeq }) => ackedSeq === 1)).toBe(true),
    )
    expect(fleet.counters.reportsResent).toBe(30)
    expectNothingLost(fleet, world)
  })

  it('answers that nobody can read: the check-in is tried again', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 2)
    await world.service.assign(policies)
    world.service.answerOnce((deviceId) => ({ outcome: 'nonsense', deviceId }) as never)
    pokeAll(world, 'p')
    await eventually(() => expect(fleet.counters.requestErrors).toBeGreaterThan(0))
    await eventually(() => {
      world.clock.advance(MINUTE_MS)
      expect([...world.service.devices.values()].every(({ ackedSeq }) => ackedSeq === 1)).toBe(true)
    })
  })

  it('pokes that cannot be read are passed over', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 2)
    world.service.poke(subjects.pokeAll(TENANT), { reason: 'policy' } as never)
    pokeAll(world, 'p')
    await eventually(() => expect(fleet.counters.pokes).toBe(2))
  })
})

describe('devices that leave', () => {
  it('by retire report it, stay until that is committed, and drop their keys', async () => {
    await using world = await createWorld()
    const fleet = await enrolledFleet(world, 3)
    for (const device of world.service.devices.values()) device.commands.push(command('b1', 'retire', 'Unenrol'))
    pokeAll(world, 'p')
    await eventually(() => {
      world.clock.advance(10_000)
      expect(statesOf(fleet).every(({ phase }) => phase === 'left')).toBe(true)
    })
    expect([...fleet.slots.values()].every(({ key, nextKey }) => key === undefined && nextKey === undefined)).toBe(true)
    expectNothingLost(fleet, world)
    const before = world.service.counts.checkIns
    pokeAll(world, 'p')
    world.clock.advance(30 * DAY_MS)
    await eventually(() => expect(fleet.counters.pokes).toBe(6))
    expect(world.service.counts.checkIns).toBe(before)
  })
})
