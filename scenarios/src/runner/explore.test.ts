import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'
import { type ExploreOptions, explore } from './explore.ts'

const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: search }
seed: s
clock: { mode: virtual }
chaos: { every: 20m, kinds: [bad-links, control-crash, broker-loses-store] }
population:
  size: 20
  enrolOver: 20m
  mix: [{ name: laptops, weight: 1, platform: windows }]
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
phases:
  - name: hours
    do:
      - drift: { posture: { firewallOn: false }, over: 3h, selfHeal: 100%, healAfter: 1h }
      - sync: { over: 4h }
      - wait: 2h
      - sync: { over: 2h }
    duration: 6h
`)

const options = (more: Partial<ExploreOptions>): ExploreOptions => ({
  scenario,
  file: 'search.yaml',
  seeds: 200,
  signal: new AbortController().signal,
  commandFor: (seed) => `repeat ${seed}`,
  ...more,
})

async function runAgain(seed: string, plantedBug: ExploreOptions['plantedBug']) {
  const seeded = { ...scenario, seed }
  const stage = await openVirtualStage({ scenario: seeded, logLevel: 'silent', plantedBug, onEvent: () => undefined })
  try {
    return await perform(stage, seeded)
  } finally {
    await stage.stop()
  }
}

describe('a search over seeds', () => {
  it('finds an acknowledgement before the commit within 200 seeds, and the seed alone repeats it', async () => {
    const enough = new AbortController()
    const { failures, runs } = await explore(
      options({
        plantedBug: 'ack-before-commit',
        // The run that found it counts, and no further one is made.
        onRun: ({ exitCode }) => {
          if (exitCode !== 0) enough.abort()
        },
        signal: enough.signal,
      }),
    )
    expect(failures).toHaveLength(1)
    expect(runs).toBeLessThanOrEqual(200)
    const [found] = failures
    expect(found).toMatchObject({ exitCode: 12, command: `repeat ${found?.seed}` })
    expect(found?.failed.join()).toContain('only-committed-is-acknowledged')

    const again = await runAgain(found?.seed ?? '', 'ack-before-commit')
    expect(again.replay).toEqual(found?.replay)
    expect((await runAgain(found?.seed ?? '', undefined)).verdict).toBe('passed')
  }, 300_000)

  it('finds nothing in what is there', async () => {
    const { failures, runs } = await explore(options({ seeds: 12 }))
    expect(failures).toEqual([])
    expect(runs).toBe(12)
  }, 300_000)
})
