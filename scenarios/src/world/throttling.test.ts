import type { RunResult } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from './virtual-stage.ts'

/** Twenty laptops, and an administrator who names all of them one by one at the beginning of the day. */
async function dayWith(rest: string): Promise<RunResult> {
  const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: limits }
seed: 3
clock: { mode: virtual }
population: { size: 20, mix: [ { name: laptops, weight: 1, platform: windows } ] }
policies:
  - { id: tune, type: configuration, platform: windows, settings: { passwordMinimumLength: 6 } }
phases:
  - { name: settle, duration: 2h }
  - { name: day, do: [{ action: { name: setDeviceName, in: laptops, parameters: { deviceName: LAPTOP } } }] }
thresholds: [{ metric: graph.request, require: error.rate == 0% }]
${rest}`)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    return await perform(stage, scenario)
  } finally {
    await stage.stop()
  }
}

const lastedMs = ({ phases: [, day] }: RunResult): number => (day ? day.toMs - day.fromMs : 0)
const tooMany = ({ thresholds }: RunResult): boolean => thresholds[0]?.ok === false

// 0.02 of the documented 200 writes an application may make to managed devices in 20 s: 4, and one more each 5 s.
const WAITED_MS = (20 - 4) * 5_000

describe('limits on how often Graph may be asked', { timeout: 120_000 }, () => {
  it('are off unless the scenario says otherwise', async () => {
    const result = await dayWith('')
    expect(result.verdict).toBe('passed')
    expect(lastedMs(result)).toBeLessThan(5_000)
  })

  it('make the administrator wait as long as Graph says, with all of the work done, also after a restart of the service', async () => {
    const result = await dayWith('graph: { throttling: 0.02 }\nfaults: [{ kind: control.restart, at: settle+1h }]\n')
    expect([result.history.ok, tooMany(result)]).toEqual([true, true])
    expect(lastedMs(result)).toBeGreaterThanOrEqual(WAITED_MS)
    expect(lastedMs(result)).toBeLessThan(WAITED_MS + 60_000)
    expect(Object.values(result.final.actions).reduce((sum, count) => sum + count, 0)).toBe(20)
    const again = await dayWith('graph: { throttling: 0.02 }\nfaults: [{ kind: control.restart, at: settle+1h }]\n')
    expect(again.replay).toEqual(result.replay)
  })

  it('come and go as a fault, and give way to those of the scenario', async () => {
    const result = await dayWith('faults: [{ name: tight, kind: throttling, scale: 0.02, at: day, for: 30s }]\n')
    expect([result.history.ok, tooMany(result)]).toEqual([true, true])
    expect(result.faults).toMatchObject([
      { name: 'tight', kind: 'throttling', text: 'Graph has its documented limits, times 0.02 for 30s' },
    ])
    expect(lastedMs(result)).toBeGreaterThanOrEqual(25_000)
    expect(lastedMs(result)).toBeLessThan(60_000)
    const over = await dayWith(
      'graph: { throttling: 0.02 }\nfaults: [{ kind: throttling, scale: 1, at: day, for: 20s }]\n',
    )
    expect([over.history.ok, tooMany(over)]).toEqual([true, false])
  })
})
