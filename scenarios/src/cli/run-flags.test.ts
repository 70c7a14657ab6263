import type { Scenario } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { scenarioOf } from '../../test-support/scenario.ts'
import { adjusted, commandOf, type ScenarioFlags } from './run-flags.ts'

const scenario: Scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: flags, tags: [nightly] }
clock: { mode: virtual }
population: { size: 40, mix: [ { name: laptops, weight: 1, platform: windows } ] }
chaos: { every: 2h }
phases:
  - { name: settle, duration: 1h }
  - { name: day, duration: 1d }
faults:
  - { name: any, kind: broker.kill, at: 2h }
  - { name: of-day, kind: broker.kill, at: day+2h }
thresholds:
  - { metric: report.ack_latency, require: p99 < 2s }
  - { metric: report.ack_latency, during: day, require: p99 < 2s }
  - { metric: recovery.time, where: { fault: any }, require: max < 15s }
assertions:
  - { name: end, expr: devices.managed == 40 }
  - { name: of-day, at: end(day), expr: devices.managed == 40 }
  - { name: always-of-day, always: { during: [day] }, expr: devices.managed == 40 }
  - { name: always, always: { during: [settle, day] }, expr: devices.managed == 40 }
`)

const names = (all: readonly { readonly name?: string | undefined }[]) => all.map(({ name }) => name)

describe('what flags make of a scenario', () => {
  it('--only leaves out phases, and what is about them', () => {
    const { phases, faults, thresholds, assertions } = adjusted(scenario, { only: ['settle'] })
    expect(names(phases)).toEqual(['settle'])
    expect(names(faults)).toEqual(['any'])
    expect(thresholds.map(({ metric }) => metric)).toEqual(['report.ack_latency', 'recovery.time'])
    expect(names(assertions)).toEqual(['end', 'always'])
    expect(() => adjusted(scenario, { only: ['setle'] })).toThrow(/no phase "setle"; did you mean "settle"\?/)
  })

  it('--skip-faults leaves out faults, chance, and what is measured by faults', () => {
    const { faults, chaos, thresholds } = adjusted(scenario, { skipFaults: true })
    expect([faults, chaos]).toEqual([[], undefined])
    expect(thresholds).toHaveLength(2)
    expect(adjusted(scenario, { skipFaults: true, chaos: '5m' }).chaos?.every).toBe(300_000)
  })

  it('--no-thresholds, --tag and --scale do what they say', () => {
    const flags: ScenarioFlags = { thresholds: false, tag: ['build=7', 'a=b c'], scale: '0.5' }
    const { thresholds, metadata, population, assertions } = adjusted(scenario, flags)
    expect([thresholds, assertions.length, population.size]).toEqual([[], 4, 20])
    expect(metadata.tags).toEqual(['nightly', 'build=7', 'a=b c'])
    expect(() => adjusted(scenario, { tag: ['build'] })).toThrow(/--tag takes key=value/)
  })

  it('stand in the command that repeats the run, as a shell takes them', () => {
    const flags: ScenarioFlags = {
      set: ['policies.base.name=Ada’s "own"', "metadata.description=it's"],
      only: ['settle', 'day'],
      skipFaults: true,
      thresholds: false,
      tag: ['build=7'],
    }
    expect(commandOf('x.yaml', '7', flags)).toBe(
      `muster run x.yaml --seed 7 --set 'policies.base.name=Ada’s "own"' --set 'metadata.description=it'\\''s' --only settle --only day --skip-faults --no-thresholds --tag build=7`,
    )
    expect(commandOf('x.yaml', '7', {})).toBe('muster run x.yaml --seed 7')
  })
})
