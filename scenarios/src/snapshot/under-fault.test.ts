import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunResult, Scenario } from '@muster/shared/scenario'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { scenarioOf } from '../../test-support/scenario.ts'
import { readEventLog } from '../event-log/read.ts'
import { openEventLog } from '../event-log/write.ts'
import { type RunOptions, runScenario } from '../runner/run.ts'
import { openPutDown, runThroughSnapshot } from './virtual.ts'

const world = (faults: string): Scenario =>
  scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: warm }
seed: 5
clock: { mode: virtual }
behaviors: { still: { driftFactor: 0, applyFailure: 0 } }
population:
  size: 16
  enrolOver: 10m
  mix:
    - { name: laptops, weight: 10, platform: windows, behavior: still }
    - { name: phones, weight: 6, platform: iOS, behavior: still }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true }, gracePeriod: 24h }
phases:
  - name: warm
    do: [{ drift: { in: laptops, share: 50%, posture: { firewallOn: false }, over: 2h, selfHeal: 100%, healAfter: 1h } }]
    duration: 4h
  - name: run
    do: [{ update: { policy: base, settings: { bitLockerEnabled: true } } }, { sync: { over: 2h } }]
    duration: 8h
${faults}
`)

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-under-fault-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const optionsOf = (scenario: Scenario): RunOptions => ({
  ...{ scenario, file: 'test.yaml', runId: 'test', command: 'test', dataDir: '', env: {}, logLevel: 'silent' },
  signal: new AbortController().signal,
  onNote: () => undefined,
})

const goOn = (scenario: Scenario, more: Partial<RunOptions> = {}): Promise<RunResult> =>
  runScenario({ ...optionsOf(scenario), before: openPutDown(root, 'warm', scenario), ...more })

/** A run that is saved on its way and goes on from that, and another one that goes on from the same. */
async function throughAndAgain(scenario: Scenario): Promise<readonly [RunResult, RunResult]> {
  const after = { root, name: 'warm', phase: 'warm', replace: false, muster: 'test' }
  const through = await runThroughSnapshot(optionsOf(scenario), { ...after, signal: new AbortController().signal })
  return [through, await goOn(scenario)]
}

const HOUR_MS = 3_600_000

describe('a world that is put down with a fault under way', { timeout: 180_000 }, () => {
  it.each([
    'broker.kill',
    'broker.pause',
    'broker.partition, target: workers',
    'broker.partition, target: control',
    'control.pause',
    'control.crash',
    'control.restart',
    'link, latency: { min: 1s, max: 9s }, loss: 10%, duplicate: 10%, reorder: 5%',
    'http, respond: { status: 503, share: 50% }',
    'throttling, scale: 0.01',
    'device.disk-full, in: laptops, share: 50%',
    'device.flapping-link, share: 50%',
    'device.tamper, share: 50%, over: 3h',
  ])('goes on under %s to its end', async (kind) => {
    const scenario = world(`faults: [{ name: trouble, at: warm+3h30m, for: 2h, kind: ${kind} }]`)
    const [through, again] = await throughAndAgain(scenario)
    expect(again.replay).toEqual(through.replay)
    expect(again.history).toMatchObject({ ok: true, lost: 0, devices: 16 })
    expect(again.faults).toEqual(through.faults)
    const [fault, ...others] = again.faults
    expect(others).toEqual([])
    const beganMs = (again.phases[0]?.fromMs ?? 0) + 3.5 * HOUR_MS
    expect(Math.abs((fault?.fromMs ?? 0) - beganMs)).toBeLessThan(HOUR_MS / 12)
    expect((fault?.toMs ?? 0) - (fault?.fromMs ?? 0)).toBeGreaterThanOrEqual(2 * HOUR_MS)
    expect((fault?.toMs ?? 0) - (fault?.fromMs ?? 0)).toBeLessThan(2.2 * HOUR_MS)
    expect(again.invariants.every(({ ok }) => ok)).toBe(true)
    // As it would have been without the save.
    const whole = await runScenario(optionsOf(scenario))
    const story = ({ faults, final, phases }: RunResult) => [
      faults.map(({ name, text }) => [name, text]),
      final.devices,
      final.certificates,
      phases.map(({ name, outcome }) => [name, outcome]),
    ]
    expect(story(again)).toEqual(story(whole))
  })

  it('comes again at its pace, and is got over as it would have been', async () => {
    const scenario = world(`faults: [{ name: nightly, at: warm+3h30m, for: 1h, every: 3h, kind: broker.kill }]
thresholds: [{ metric: recovery.time, where: { fault: nightly }, require: [count == 3, max < 10m] }]`)
    const [through, again] = await throughAndAgain(scenario)
    expect(again.replay).toEqual(through.replay)
    expect(again.faults).toHaveLength(3)
    expect(again).toMatchObject({ verdict: 'passed' })
  })

  it('has one record after that, whoever goes on: line by line', async () => {
    const scenario = world('faults: [{ name: trouble, at: warm+3h30m, for: 2h, kind: broker.partition }]')
    await throughAndAgain(scenario)
    const records: string[][] = []
    for (const name of ['one', 'two']) {
      const path = join(root, name)
      const log = openEventLog(path, (error) => {
        throw error
      })
      await goOn(scenario, { log })
      await log.close()
      const told = (await readEventLog(path)).filter(({ t }) => t !== 'run' && t !== 'stats' && t !== 'end')
      records.push(told.map((line) => JSON.stringify(line)))
    }
    expect(records[0]?.length).toBeGreaterThan(20)
    expect(records[1]).toEqual(records[0])
    expect(records[0]?.filter((line) => line.startsWith('{"t":"fault"'))).toHaveLength(1)
  })

  it('ends it on its devices, under a seed that would choose others and in a scenario that has it no more', async () => {
    const scenario = world('faults: [{ kind: device.tamper, at: warm+3h, for: 4h, in: laptops, share: 50% }]')
    await throughAndAgain(scenario)
    const laptops = ({ final }: RunResult) => final.compliance['windows']
    const [warm, run] = scenario.phases
    if (!warm || !run) throw new Error('there are two phases')
    // Before its end those that were tampered with are found out.
    const early = await goOn({ ...scenario, phases: [warm, { ...run, do: [], duration: 2 * HOUR_MS }] })
    expect(laptops(early)?.['compliant'] ?? 0).toBeLessThan(10)
    for (const of of [scenario, { ...scenario, seed: 'another' }, { ...scenario, faults: [] }]) {
      const end = await goOn({ ...of, phases: [warm, { ...run, do: [], duration: 24 * HOUR_MS }] })
      expect(end.faults).toMatchObject([{ kind: 'device.tamper' }])
      expect(laptops(end)).toEqual({ compliant: 10 })
    }
  })

  it('goes on under chaos, with the fault that was under way', async () => {
    const scenario = world('chaos: { every: 20m }')
    const [through, again] = await throughAndAgain(scenario)
    expect(again.replay).toEqual(through.replay)
    expect(again).toMatchObject({ verdict: 'passed', faults: through.faults })
    const savedMs = again.phases[0]?.toMs ?? 0
    expect(again.faults.some(({ toMs }) => toMs < savedMs)).toBe(true)
    expect(again.faults.some(({ fromMs }) => fromMs > savedMs)).toBe(true)
    const calm = await goOn({ ...scenario, chaos: undefined })
    expect(calm.faults.every(({ fromMs }) => fromMs < savedMs)).toBe(true)
    const other = await goOn({ ...scenario, seed: 'other' })
    expect(other).toMatchObject({ verdict: 'passed' })
    expect(other.replay?.sha256).not.toBe(again.replay?.sha256)
  })
})
