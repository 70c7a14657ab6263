import type { RunResult } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'

/** Half a day of ten laptops in which something goes wrong that is no fault of the timeline. */
async function dayWith({ steps = '', during = '', rest = '', thresholds = '' }): Promise<RunResult> {
  const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: recovery }
seed: 4
clock: { mode: virtual }
behaviors: { still: { driftFactor: 0, applyFailure: 0 } }
population: { size: 10, mix: [{ name: laptops, weight: 1, platform: windows, behavior: still }] }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
phases:
  - { name: settle, duration: 1h }
  - { name: day, do: [${steps}{ drift: { posture: { firewallOn: false } } }, { sync: { over: 1h } }, { wait: 6h }], duration: 12h ${during} }
${rest}
thresholds:
${thresholds}
`)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    return await perform(stage, scenario)
  } finally {
    await stage.stop()
  }
}

const CHAOS = 'chaos: { every: 2h, kinds: [agent-partition, broker-outage] }'

describe('faults of steps, of waves and by chance', { timeout: 120_000 }, () => {
  it.each([
    ['killBroker', { steps: '{ killBroker: { down: 20m } }, ' }, 1],
    ['killControl', { steps: '{ killControl: {} }, ' }, 1],
    ['offline', { steps: '{ offline: { for: 30m } }, ' }, 1],
    ['offline', { during: ', offline: [{ share: 50%, wave: { every: 4h, for: 1h } }]' }, 3],
    ['agent-partition', { rest: CHAOS }, undefined],
    ['broker-outage', { rest: CHAOS }, undefined],
  ] as const)('%s: how long it takes to get over them is measured', async (fault, where, times) => {
    const thresholds = `  - { metric: recovery.time, where: { fault: ${fault} }, require: [count >= 1, max <= 10m] }`
    const result = await dayWith({ ...where, thresholds })
    expect(result).toMatchObject({ verdict: 'passed' })
    const { measured } = result.metrics?.find(({ name }) => name === `recovery.time of ${fault}`) ?? {}
    const spans = result.faults.filter(({ name, kind }) => [name, kind].includes(fault))
    expect(measured?.count).toBe(times ?? spans.length)
  })

  it('a run is not ended for what is left out, also while it is under way', async () => {
    const graph = (except: string): string =>
      `  - { metric: graph.request, require: error.rate < 1%, abortOnFail: true${except} }`
    const faulty = 'faults: [{ name: bad, kind: http, at: day, for: 3h, respond: { status: 503 } }]'
    const steps = '{ wait: 5m }, { update: { policy: base, settings: { bitLockerEnabled: true } } }, '
    expect((await dayWith({ steps, rest: faulty, thresholds: graph('') })).exitCode).toBe(13)
    expect((await dayWith({ steps, rest: faulty, thresholds: graph(', except: [bad]') })).exitCode).toBe(0)
    const during = ', offline: [{ share: 50%, wave: { every: 12h, for: 6h, first: 1m } }]'
    expect((await dayWith({ steps, during, rest: faulty, thresholds: graph(', except: [offline]') })).exitCode).toBe(0)
  })
})
