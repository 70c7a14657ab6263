import type { PlantedBug } from '@muster/control'
import type { RunResult } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'

/** Half a day of twenty laptops. */
async function dayWith(threshold: string, plantedBug: PlantedBug | undefined): Promise<RunResult> {
  const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: planted }
seed: 1
clock: { mode: virtual }
population: { size: 20, enrolOver: 20m, mix: [{ name: laptops, weight: 1, platform: windows }] }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
phases:
  - name: day
    do:
      - drift: { posture: { firewallOn: false }, over: 3h, selfHeal: 100%, healAfter: 1h }
      - sync: { over: 4h }
      - wait: 2h
      - sync: { over: 2h }
    duration: 12h
thresholds: [{ ${threshold} }]
`)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', plantedBug, onEvent: () => undefined })
  try {
    return await perform(stage, scenario)
  } finally {
    await stage.stop()
  }
}

const broken = (result: RunResult) => result.thresholds.filter(({ ok }) => !ok).map(({ got }) => got)

describe('a threshold sees what a planted bug does', { timeout: 300_000 }, () => {
  it('reports that were acknowledged, and never committed', async () => {
    const lost = 'metric: report.lost, require: count == 0'
    expect(broken(await dayWith(lost, undefined))).toEqual([])
    const result = await dayWith(lost, 'lost-batches')
    expect(result.history.lost).toBeGreaterThan(0)
    expect(broken(result)).toEqual([String(result.history.lost)])
    // While the run goes on those are known that devices were told are committed.
    const ended = await dayWith(`${lost}, abortOnFail: true`, 'lost-batches')
    expect(broken(ended)).toHaveLength(1)
    expect(ended.phases.map(({ outcome }) => outcome)).not.toEqual(['done'])
    expect(ended.endedMs).toBeLessThan(result.endedMs)
  })

  it('certificates that run out between two check-ins', async () => {
    const inUse = 'metric: cert.expired_in_use, require: [max == 0, count == 0]'
    expect(broken(await dayWith(inUse, undefined))).toEqual([])
    const result = await dayWith(inUse, 'short-certificates')
    expect(broken(result)).toHaveLength(2)
    const ended = await dayWith(
      'metric: cert.expired_in_use, require: max == 0, abortOnFail: true',
      'short-certificates',
    )
    expect(ended).toMatchObject({ exitCode: 13, phases: [{ outcome: 'interrupted' }] })
    const lastedMs = ended.endedMs - ended.startedMs
    expect(lastedMs).toBeGreaterThanOrEqual(3_600_000)
    expect(lastedMs).toBeLessThan(3 * 3_600_000)
  })
})
