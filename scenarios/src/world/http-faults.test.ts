import type { RunResult } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from './virtual-stage.ts'

/** Ten laptops and an administrator who changes a policy four times, an hour apart, while this is wrong with Graph. */
async function dayWith(fault: string): Promise<RunResult> {
  const change = (length: number): string =>
    `update: { policy: tune, settings: { passwordMinimumLength: ${length} } }, wait: 1h`.replace(', wait', ' }, { wait')
  const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: http }
seed: 3
clock: { mode: virtual }
behaviors: { calm: { driftFactor: 0, applyFailure: 0 } }
population: { size: 10, mix: [ { name: laptops, weight: 1, platform: windows, behavior: calm } ] }
policies:
  - { id: tune, type: configuration, platform: windows, settings: { passwordMinimumLength: 6 } }
phases:
  - { name: settle, duration: 2h }
  - { name: day, do: [${[7, 8, 9, 10].map((length) => `{ ${change(length)} }`).join(', ')}] }
faults: [{ kind: http, at: settle+110m, ${fault} }]
assertions:
  - { name: the last change reached everybody, expr: policy("tune").reported == 10 && policy("tune").pending == 0, within: 2h }
`)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    return await perform(stage, scenario)
  } finally {
    await stage.stop()
  }
}

const lasted = ({ phases: [, day] }: RunResult): number => (day ? day.toMs - day.fromMs : 0)
const told = ({ events }: RunResult): string => events.find(({ text }) => text.startsWith('of '))?.text ?? ''
const HOUR_MS = 3_600_000

describe('Graph that answers with errors', { timeout: 120_000 }, () => {
  it('keeps the administrator from changing anything until it is over; then all of it happens', async () => {
    const result = await dayWith('for: 190m, path: /beta/deviceManagement/**, respond: { status: 503, retryAfter: 1m }')
    expect(result).toMatchObject({ verdict: 'passed', history: { ok: true }, faults: [{ kind: 'http' }] })
    // The first change waits for the end of the fault, the others are as they would be.
    expect(lasted(result)).toBeGreaterThanOrEqual(7 * HOUR_MS)
    expect(lasted(result)).toBeLessThan(7.5 * HOUR_MS)
    expect(told(result)).toMatch(/^of (\d+) requests to Graph \1 were answered with an error/)
    expect(result.policies.find(({ id }) => id === 'tune')?.revision).toBe(5)
  })

  it('does so with a share of requests, by chance that is the same each time', async () => {
    const fault = 'for: 1d, respond: { status: 429, share: 40% }, latency: { min: 5s, max: 20s }'
    const result = await dayWith(fault)
    expect(result).toMatchObject({ verdict: 'passed', history: { ok: true } })
    expect(lasted(result)).toBeGreaterThanOrEqual(4 * HOUR_MS + 4 * 5_000)
    expect((await dayWith(fault)).replay).toEqual(result.replay)
    const [, requests = 0, answered = 0] = /^of (\d+) requests to Graph (\d+)/.exec(told(result))?.map(Number) ?? []
    expect(answered).toBeLessThan(requests)
  })
})
