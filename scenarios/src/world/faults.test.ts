import type { RunResult } from '@muster/shared/scenario'
import { expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from './virtual-stage.ts'

const HOUR_MS = 3_600_000

/** A day in which everybody reports something every hour or so, and these things go wrong. */
const dayWith = (faults: readonly string[], expectations: readonly string[] = []) =>
  scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: faults }
seed: 7
clock: { mode: virtual, speed: 60 }
behaviors: { busy: { driftFactor: 300, restartAfter: 5m, userActsAfter: 5m } }
population:
  size: 20
  enrolOver: 10m
  mix:
    - { name: laptops, weight: 14, platform: windows, behavior: busy }
    - { name: phones, weight: 6, platform: iOS, behavior: busy }
workers: 2
policies:
  - { id: base, type: compliance, platform: windows, settings: { bitLockerEnabled: true, activeFirewallRequired: true } }
  - { id: tune, type: configuration, platform: windows, settings: { passwordMinimumLength: 6 } }
phases:
  - { name: settle, duration: 1h }
  - { name: day, do: [ sync: { over: 4h }, update: { policy: tune, settings: { passwordMinimumLength: 8 } } ], duration: 24h }
faults:
${faults.map((fault) => `  - { ${fault} }`).join('\n')}
assertions:
  - { name: everybody is managed, expr: devices.managed == 20 }
  - { name: the change reached everybody, expr: policy("tune").reported == 14 && policy("tune").pending == 0, within: 2h }
${expectations.map((expectation) => `  - { ${expectation} }`).join('\n')}
`)

async function run(faults: readonly string[], expectations: readonly string[] = []): Promise<RunResult> {
  const scenario = dayWith(faults, expectations)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    return await perform(stage, scenario)
  } finally {
    await stage.stop()
  }
}

const spans = ({ faults, phases }: RunResult) =>
  faults.map(({ kind, fromMs, toMs }) => [kind, fromMs - (phases[1]?.fromMs ?? 0), toMs - fromMs])

it.each([
  ['broker.kill', 'at: day+1h, for: 20m'],
  ['broker.pause', 'at: day+1h, for: 20m'],
  ['broker.partition', 'at: day+1h, for: 20m, target: workers'],
  ['broker.partition', 'at: day+1h, for: 20m, target: control'],
  ['control.pause', 'at: day+1h, for: 20m'],
  ['control.crash', 'at: day+1h, for: 20m'],
  ['control.restart', 'at: day+1h, for: 20m'],
  ['link', 'at: day+1h, for: 20m, latency: { min: 100ms, max: 3s }, loss: 20%, duplicate: 20%, reorder: 20%'],
])('%s (%s) is over after its time, and costs no report', async (kind, rest) => {
  const result = await run([`kind: ${kind}, ${rest}`])
  expect(result).toMatchObject({ verdict: 'passed', history: { ok: true, lost: 0, appliedTwice: 0 } })
  const [[seen, fromMs, lasted] = []] = spans(result)
  expect([seen, fromMs]).toEqual([kind, HOUR_MS])
  expect(lasted).toBeGreaterThanOrEqual(HOUR_MS / 3)
  expect(lasted).toBeLessThan(HOUR_MS / 3 + 60_000)
})

/** Reports that were committed between two moments after the beginning of the second phase. */
function committedBetween({ timeline, phases }: RunResult, fromMs: number, toMs: number): number {
  const originMs = phases[1]?.fromMs ?? 0
  const at = (ms: number) => timeline.findLast(({ atMs }) => atMs <= originMs + ms)?.reportsCommitted ?? 0
  return at(toMs) - at(fromMs)
}

it.each(['broker.kill', 'broker.pause', 'broker.partition', 'control.crash'])(
  'nothing is committed while %s lasts, and afterwards all of it',
  async (kind) => {
    const quiet = await run([`kind: link, at: 48h, loss: 1%`])
    const result = await run([`kind: ${kind}, at: day+6h, for: 10h`])
    const during = [7 * HOUR_MS, 16 * HOUR_MS] as const
    expect(committedBetween(quiet, ...during)).toBeGreaterThan(0)
    expect(committedBetween(result, ...during)).toBe(0)
    expect(committedBetween(result, 16 * HOUR_MS, 24 * HOUR_MS)).toBeGreaterThan(0)
    expect(result.history).toMatchObject({ ok: true, lost: 0 })
  },
)

it('faults overlap, come again, and end with the phases; the history is the same each time', async () => {
  const faults = [
    'name: cut, kind: broker.partition, at: day, for: 3h, every: 5h',
    'name: kill, kind: broker.kill, at: day+1h, for: 1h',
    'name: crash, kind: control.crash, at: day+90m, for: 15m',
    'name: hang, kind: control.pause, at: 100m, for: 2h',
    'name: slow, kind: link, at: settle, for: 100d, latency: 1s, loss: 2%',
    'name: never, kind: broker.kill, at: day+100h',
  ]
  const first = await run(faults)
  expect(first).toMatchObject({ verdict: 'passed', history: { ok: true, lost: 0, appliedTwice: 0 } })
  expect(first.faults.map(({ name }) => name).sort()).toEqual([
    ...['crash', 'cut', 'cut', 'cut', 'cut', 'cut', 'hang', 'kill', 'slow'],
  ])
  const slow = first.faults.find(({ name }) => name === 'slow')
  expect([slow?.fromMs, slow?.toMs]).toEqual([first.phases[0]?.fromMs, first.phases[1]?.toMs])
  expect((await run(faults)).replay).toEqual(first.replay)
})
