import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'
import { planOf } from './plan.ts'
import type { Range } from './range.ts'
import { planText } from './text.ts'

const week = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: week }
seed: 12
clock: { mode: virtual, start: 2026-03-02T07:00:00Z }
behaviors:
  office: { online: { pattern: office-hours, share: 90% }, applyFailure: 0, driftFactor: 2 }
  field: { checkIn: { every: 8h }, online: { pattern: duty-cycle, up: 3h, down: 90m, jitter: 30m }, applyFailure: 0 }
  quiet: { applyFailure: 0, driftFactor: 0 }
tenant:
  groups:
    - { id: field, rule: '(device.extensionAttribute1 -eq "field")' }
    - { id: pilots, percent: 20, of: laptops }
    - { id: sales, rule: '(user.department -eq "Sales")' }
  filters:
    - { id: surfaces, platform: windows, rule: '(device.manufacturer -eq "Microsoft Corporation")' }
population:
  size: 200
  mix:
    - { name: laptops, weight: 90, platform: windows, behavior: office }
    - { name: desktops, weight: 50, platform: windows, behavior: quiet }
    - { name: tablets, weight: 40, platform: android, behavior: field, attributes: { extensionAttribute1: field } }
    - { name: servers, weight: 20, platform: linux, behavior: quiet }
policies:
  - { id: everybody, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
  - { id: surface, type: configuration, platform: windows, settings: { passwordMinimumLength: 6 }, filter: { id: surfaces } }
  - { id: not-pilots, type: configuration, platform: windows, settings: { bluetoothBlocked: true }, exclude: [pilots] }
  - { id: tablets, type: configuration, platform: android, settings: { passwordMinimumLength: 6 }, assignTo: [field] }
  - { id: rolled, from: surface, settings: { passwordMinimumLength: 8 } }
  - { id: later, from: everybody }
phases:
  - { name: enrol, enrol: { rate: 100/h, ramp: 30m } }
  - { name: settle, duration: 4h }
  - name: week
    duration: 6d
    offline: [{ in: desktops, share: 40%, wave: { every: 24h, for: 6h, jitter: 30m } }]
    drift: [{ in: servers, rate: 10%/d, posture: { firewallOn: false }, selfHeal: 100%, healAfter: 4h }]
    do:
      - update: { policy: tablets, settings: { passwordMinimumLength: 8 } }
      - assign: { policy: later, to: [pilots] }
      - rollout: { policy: rolled, rings: [ { name: few, percent: 10, of: laptops, soak: 4h }, { name: many, percent: 50, of: laptops } ] }
faults:
  - { name: nightly, kind: broker.kill, at: week, for: 5m, every: 24h }
  - { name: never, kind: broker.kill, at: week+100d }
assertions:
  - { name: it is done, expr: policy("rolled").reported == 45 }
`

/** Whether a figure is within a range, give or take a factor. */
function expectWithin(value: number, { least, most }: Range, factor: number): void {
  expect(value).toBeGreaterThanOrEqual(Math.floor(least / factor))
  expect(value).toBeLessThanOrEqual(Math.ceil(most * factor))
  // Bounds that everything is within would tell nothing.
  expect(most / Math.max(1, least)).toBeLessThan(4)
}

describe('a plan', () => {
  it('is what a virtual run of the same scenario comes to', { timeout: 120_000 }, async () => {
    const scenario = scenarioOf(week)
    const plan = planOf(scenario)
    const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
    try {
      const { final, phases, faults, startedMs, verdict, policies } = await perform(stage, scenario)
      expect(verdict).toBe('passed')
      // Who is targeted, to the device.
      expect(plan.policies.map(({ id, inTheEnd }) => [id, inTheEnd])).toEqual(
        policies.map(({ id, states }) => [id, Object.values(states).reduce((sum, count) => sum + count, 0)]),
      )
      expect(plan.traffic.certificates.issued).toBe(final.certificates.active)
      // Check-ins to a quarter, reports to a half, the time to an hour.
      expectWithin(final.checkIns.managed + final.checkIns.gated, plan.traffic.checkIns, 1.25)
      expectWithin(final.reports.committed, plan.traffic.reports, 1.5)
      const lastedMs = (phases.at(-1)?.toMs ?? 0) - startedMs
      expect(Math.abs(lastedMs - plan.simulatedMs.least)).toBeLessThan(3_600_000)
      const nightly = faults.filter(({ name }) => name === 'nightly').length
      expect(plan.faults.map(({ name, times }) => [name, times.least])).toEqual([
        ['nightly', nightly],
        ['never', 0],
      ])
    } finally {
      await stage.stop()
    }
  })

  it('tells of limits that Graph has, all the time and for a time', () => {
    const limited = week.replace('policies:', 'graph: { throttling: 0.5 }\npolicies:')
    const text = planText(planOf(scenarioOf(limited.replace(/^faults:/m, 'faults:\n  - { kind: throttling, at: 1h }'))))
    expect(text).toContain('\nGraph has its documented limits, times 0.5\n')
    expect(text).toMatch(/throttling +after 1h: Graph has its documented limits for 1m/)
  })

  it('says what it cannot know', () => {
    const byUsers = week.replace('assignTo: [field]', 'assignTo: [sales]')
    const plan = planOf(scenarioOf(byUsers))
    expect(plan.policies.find(({ id }) => id === 'tablets')?.inTheEnd).toBeUndefined()
    expect(planText(plan)).toMatch(/tablets +android configuration for unknown devices/)
  })

  it.each([
    ['never', week, /fault never will not happen/],
    [
      'too fast',
      week.replace('mode: virtual', 'speed: 3600').replace('size: 200', 'size: 100000'),
      /100,000 devices at speed 3600 cannot be kept up with/,
    ],
    [
      'too long',
      week.replace('mode: virtual', 'speed: 60'),
      /it takes 2h .* of wall time at the least, and limits\.wall is 10m/,
    ],
    [
      'too short',
      week.replace(
        'name: settle, duration: 4h',
        'name: settle, until: { expr: devices.compliant >= 100, timeout: 30m }',
      ),
      /phase settle waits 30m at most, and wakes nobody/,
    ],
    ['in vain', week.replace('"field")', '"filed")'), /policy tablets is for no device/],
  ])('warns of what is %s', (_what, text, wanted) => {
    expect(planOf(scenarioOf(text)).warnings.join('\n')).toMatch(wanted)
  })

  it('of the scenarios that are there has nothing to warn of but what they mean', () => {
    const text = readFileSync(new URL('../../first-day.yaml', import.meta.url), 'utf8')
    expect(planOf(scenarioOf(text)).warnings).toEqual([])
  })
})
