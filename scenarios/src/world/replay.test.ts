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

describe('a virtual world', () => {
  const scenario = scenarioOf(text)

  it('has the same history whenever it is made from the same seed, faults and all', async () => {
    const first = await historyOf(scenario)
    expect(first).toMatchObject({ verdict: 'passed', history: { ok: true, lost: 0 } })
    expect(first.replay?.events).toBeGreaterThan(200)
    expect((await historyOf(scenario)).replay).toEqual(first.replay)
  })

  it('has another history when a digit of the seed is another', async () => {
    const seeds = ['1000', '1001', '1010', '1100', '2000']
    const hashes = []
    for (const seed of seeds) hashes.push((await historyOf({ ...scenario, seed })).replay?.sha256)
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
