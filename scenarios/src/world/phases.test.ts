import type { RunResult } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from './virtual-stage.ts'

const HOUR_MS = 3_600_000

async function run(phases: string, rest = ''): Promise<RunResult> {
  const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: phases }
seed: 5
clock: { mode: virtual }
behaviors: { calm: { driftFactor: 0, applyFailure: 0, checkIn: { every: 8h } } }
population: { size: 40, mix: [ { name: laptops, weight: 1, platform: windows, behavior: calm } ] }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
phases:
${phases}
${rest}`)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    return await perform(stage, scenario)
  } finally {
    await stage.stop()
  }
}

const phase = (result: RunResult, name: string) => {
  const found = result.phases.find((each) => each.name === name)
  return {
    outcome: found?.outcome,
    text: found?.text,
    fromMs: found?.fromMs ?? 0,
    lastedMs: (found?.toMs ?? 0) - (found?.fromMs ?? 0),
  }
}
const enrolledAt = ({ timeline }: RunResult, atMs: number) =>
  timeline.findLast((sample) => sample.atMs <= atMs)?.enrolled ?? 0
const onlineFrom = ({ timeline }: RunResult, fromMs: number, toMs: number) =>
  timeline.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ online }) => online)

describe('a phase', { timeout: 120_000 }, () => {
  it('in which the population enrols lasts until it has', async () => {
    const result = await run(
      '  - { name: before, duration: 1h }\n  - { name: enrol, enrol: { rate: 40/h, ramp: 30m } }\n  - { name: settle, duration: 2h }',
      'tenant: { groups: [ { id: some, percent: 25 } ] }\nassertions:\n  - { name: all, at: end(enrol), expr: devices.managed == 40 }\n  - { name: none, at: end(before), expr: devices.managed == 0 }',
    )
    expect(result.assertions.filter(({ ok }) => !ok)).toEqual([])
    expect(result).toMatchObject({ verdict: 'passed', history: { ok: true } })
    const { fromMs, lastedMs, text } = phase(result, 'enrol')
    expect(text).toBe('the population was enrolled')
    // Forty at forty an hour, and a quarter of an hour for the ramp, which brings ten in half an hour.
    expect(lastedMs / HOUR_MS).toBeGreaterThan(1.2)
    expect(lastedMs / HOUR_MS).toBeLessThan(1.5)
    expect(enrolledAt(result, fromMs + HOUR_MS / 2)).toBeLessThanOrEqual(11)
  })

  it('ends by its condition before everybody is there, and fails where that does not come', async () => {
    const early = await run(
      '  - { name: enrol, enrol: { over: 4h }, until: { expr: devices.managed >= 10, timeout: 3h } }\n  - { name: on, duration: 4h }',
    )
    expect(early.verdict).toBe('passed')
    expect(phase(early, 'enrol').lastedMs).toBeLessThan(1.2 * HOUR_MS)
    const never = await run(
      '  - { name: enrol, enrol: { over: 4h }, until: { expr: devices.managed >= 40, timeout: 3h } }',
    )
    expect(never).toMatchObject({ verdict: 'failed', exitCode: 5 })
  })

  it('has waves in which devices are out of reach, others each time, and all are back behind it', async () => {
    const waves = '{ in: laptops, share: 25%, wave: { every: 12h, for: 6h, jitter: 30m, first: 2h } }'
    const result = await run(
      `  - { name: settle, duration: 3h }\n  - { name: days, offline: [ ${waves} ], duration: 40h }\n  - { name: after, duration: 2h }`,
    )
    expect(result).toMatchObject({ verdict: 'passed', history: { ok: true } })
    const spans = result.faults.filter(({ kind }) => kind === 'offline')
    const { fromMs } = phase(result, 'days')
    expect(spans.map((span) => (span.fromMs - fromMs) / HOUR_MS)).toEqual([2, 14, 26, 38])
    for (const span of spans.slice(0, 3)) {
      expect(new Set(onlineFrom(result, span.fromMs + HOUR_MS, span.toMs))).toEqual(new Set([30]))
      expect(new Set(onlineFrom(result, span.toMs + HOUR_MS, span.fromMs + 12 * HOUR_MS))).toEqual(new Set([40]))
    }
    expect(result.final.workers[0]?.online).toBe(40)
    const away = result.devices.filter(({ trace }) => trace.length > 0)
    expect(away.length).toBeGreaterThan(0)
  })

  it('has facts that change at a rate, and change back', async () => {
    const drift = '{ in: laptops, rate: 25%/d, posture: { firewallOn: false }, selfHeal: 100%, healAfter: 30m }'
    const result = await run(
      `  - { name: settle, duration: 3h }\n  - { name: days, drift: [ ${drift} ], duration: 4d }\n  - { name: after, duration: 1d }`,
      'assertions: [ { name: all is well again, expr: policy("base").compliant == 40 } ]',
    )
    expect(result).toMatchObject({ verdict: 'passed', history: { ok: true } })
    const [, times = ''] =
      /(\d+) times a device/.exec(result.events.find(({ text }) => text.includes('times a device'))?.text ?? '') ?? []
    // Forty expected, by chance.
    expect(Number(times)).toBeGreaterThan(20)
    expect(Number(times)).toBeLessThan(60)
  })

  it('has the same history each time', async () => {
    const text =
      '  - { name: enrol, enrol: { rate: 100/h } }\n  - { name: day, duration: 1d, offline: [ { share: 50%, wave: { every: 6h, for: 2h, jitter: 1h } } ], drift: [ { rate: 5%/h, posture: { firewallOn: false } } ] }'
    const first = await run(text)
    expect(first.verdict).toBe('passed')
    expect((await run(text)).replay).toEqual(first.replay)
  })
})
