import { Worker } from 'node:worker_threads'
import type { Scenario } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from './virtual-stage.ts'

const text = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: replay }
seed: 1000
clock: { mode: virtual, speed: 60 }
population:
  size: 24
  enrolOver: 30m
  mix:
    - { name: laptops, weight: 12, platform: windows }
    - { name: phones, weight: 8, platform: iOS }
    - { name: boxes, weight: 4, platform: linux }
policies:
  - { id: base, type: compliance, platform: windows, settings: { bitLockerEnabled: true, activeFirewallRequired: true }, gracePeriod: 24h }
phases:
  - name: days
    do:
      - drift: { in: laptops, share: 50%, posture: { firewallOn: false }, over: 3h, selfHeal: 50%, healAfter: 2h }
      - offline: { in: phones, share: 50%, over: 1h }
      - killBroker: { down: 10s }
      - killControl: {}
      - wait: 12h
      - online: { in: phones, over: 1h }
    duration: 3d
`

/** A day in which everything happens that draws from chance: people's hours, faults of devices, of links, of the broker. */
const eventful = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: eventful }
seed: 1000
clock: { mode: virtual, speed: 60 }
behaviors:
  office:
    checkIn: { every: 8h, jitter: 15% }
    online: { pattern: office-hours, timeZone: Europe/Oslo, share: 92% }
    apply: { duration: { p50: 4s, p99: 40s }, fail: 5% }
  field:
    checkIn: { every: 2h, jitter: 40% }
    online: { pattern: duty-cycle, up: 3h, down: 90m, jitter: 30m }
population:
  size: 60
  enrolOver: 30m
  mix:
    - { name: laptops, weight: 35, platform: windows, behavior: office }
    - { name: tablets, weight: 25, platform: android, behavior: field }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
  - { id: defender, type: configuration, platform: windows, settings: { defenderRequireRealTimeMonitoring: true } }
phases:
  - { name: morning, do: [killBroker: { down: 10s }], duration: 6h }
  - { name: rest, duration: 18h }
faults:
  - { kind: device.crash, in: laptops, share: 30%, at: morning, for: 12h }
  - { kind: device.partial-apply, in: laptops, share: 20%, salt: partly, at: morning+1h, for: 6h }
  - { kind: device.tamper, in: laptops, share: 25%, salt: thieves, at: morning+1h, for: 10h, over: 1h }
  - { kind: device.duplicate-identity, in: laptops, share: 10%, at: morning+2h, for: 10h }
  - { kind: device.clock-skew, by: -2h, in: tablets, share: 50%, at: morning, for: 12h }
  - { kind: device.flapping-link, in: tablets, up: 20m, down: 10m, at: rest, for: 6h }
  - { kind: device.stale-report, in: tablets, share: 30%, at: morning+3h, for: 5h }
chaos: { every: 4h }
`

async function historyOf(scenario: Scenario) {
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    const { replay, verdict, history } = await perform(stage, scenario)
    const born = stage.world.fleets.flatMap(({ slots }) =>
      [...slots.values()].map(
        ({ state }) => [state.key, state.inventory.deviceName, state.inventory.hardware] as const,
      ),
    )
    return { replay, verdict, history, born }
  } finally {
    await stage.stop()
  }
}

/** Many worlds in one test, on a machine that may have other things to do. */
const MANY = { timeout: 600_000 }

describe('a virtual world', MANY, () => {
  const scenario = scenarioOf(text)

  it('has the same history whenever it is made from the same seed, faults and all', async () => {
    const first = await historyOf(scenario)
    expect(first).toMatchObject({ verdict: 'passed', history: { ok: true, lost: 0 } })
    expect(first.replay?.events).toBeGreaterThan(200)
    expect((await historyOf(scenario)).replay).toEqual(first.replay)
  })

  it('has one history in ten runs of one seed, while somebody else burns the other core', async () => {
    const burner = new Worker('for (;;) Math.sqrt(2)', { eval: true })
    try {
      const runs = []
      for (let run = 0; run < 10; run++) runs.push(await historyOf(scenarioOf(eventful)))
      expect(runs[0]?.replay?.events).toBeGreaterThan(1_000)
      expect(new Set(runs.map(({ replay }) => replay?.sha256)).size).toBe(1)
    } finally {
      await burner.terminate()
    }
  })

  it('has another history when any one digit of the seed is another', async () => {
    const seeds = ['1000', '1001', '1010', '1100', '2000']
    const hashes = []
    for (const seed of seeds) hashes.push((await historyOf({ ...scenarioOf(eventful), seed })).replay?.sha256)
    expect(new Set(hashes).size).toBe(seeds.length)
  })

  it('makes the same devices whoever else there is', async () => {
    const grown = { ...scenario, population: { ...scenario.population, size: 30 } }
    const [few, more] = [await historyOf(scenario), await historyOf(grown)]
    const among = new Map(more.born.map(([key, ...rest]) => [key, rest]))
    expect(more.born).toHaveLength(30)
    for (const [key, ...rest] of few.born) expect(among.get(key)).toEqual(rest)
  })
})
