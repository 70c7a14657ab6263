import type { RunResult } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from './virtual-stage.ts'

/** Laptops that report something every hour or so, over links such as these. */
async function dayOver(link: string, faults: readonly string[] = []): Promise<RunResult> {
  const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: links }
seed: 3
clock: { mode: virtual }
behaviors: { busy: { driftFactor: 200, applyFailure: 0, restartAfter: 5m, userActsAfter: 5m, ${link} } }
population: { size: 20, enrolOver: 10m, mix: [ { name: laptops, weight: 1, platform: windows, behavior: busy } ] }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
  - { id: tune, type: configuration, platform: windows, settings: { passwordMinimumLength: 6 } }
phases:
  - { name: settle, duration: 2h }
  - { name: day, do: [ update: { policy: tune, settings: { passwordMinimumLength: 8 } } ], duration: 24h }
faults: [${faults.map((fault) => `{ ${fault} }`).join(', ')}]
assertions:
  - { name: everybody is managed, expr: devices.managed == 20 }
  - { name: the change reached everybody, expr: policy("tune").reported == 20 && policy("tune").pending == 0, within: 12h }
`)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    return await perform(stage, scenario)
  } finally {
    await stage.stop()
  }
}

const passed = { verdict: 'passed', history: { ok: true, lost: 0, appliedTwice: 0 } }
const doubled = ({ final }: RunResult) => final.reports.duplicates

describe('links of devices', { timeout: 120_000 }, () => {
  it('latency is in the way of everything that a device says and hears', async () => {
    const near = await dayOver('checkIn: { jitter: 0% }')
    const far = await dayOver('checkIn: { jitter: 0% }, link: { latency: 10s }')
    for (const result of [near, far]) expect(result).toMatchObject(passed)
    const fastest = ({ policies }: RunResult) => policies.find(({ id }) => id === 'tune')?.appliedMs.p50 ?? 0
    // The poke, the check-in and the bodies: five ways of ten seconds.
    expect(fastest(far) - fastest(near)).toBeGreaterThanOrEqual(45_000)
  })

  it('links that lose and double cost time, and no report; the history is the same each time', async () => {
    const link = 'link: { latency: { p50: 180ms, p99: 20s }, loss: 15%, duplicate: 10% }'
    const result = await dayOver(link)
    expect(result).toMatchObject(passed)
    expect(doubled(result)).toBeGreaterThan(0)
    expect((await dayOver(link)).replay).toEqual(result.replay)
  })

  it('a fault of links by cohort is one of those devices, and is over when it is over', async () => {
    const fault = 'kind: link, in: laptops, share: 30%, loss: 100%, at: day, for: 12h'
    const result = await dayOver('checkIn: { every: 8h }', [fault])
    expect(result).toMatchObject({
      ...passed,
      faults: [{ kind: 'link', text: expect.stringContaining('30 % of laptops') }],
    })
    const quiet = await dayOver('checkIn: { every: 8h }')
    const slowest = ({ policies }: RunResult) => policies.find(({ id }) => id === 'tune')?.committedMs.max ?? 0
    expect(slowest(result)).toBeGreaterThan(12 * 3_600_000)
    expect(slowest(quiet)).toBeLessThan(12 * 3_600_000)
  })
})
