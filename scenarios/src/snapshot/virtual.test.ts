import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunResult, Scenario } from '@muster/shared/scenario'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { perform, scenarioOf, standings } from '../../test-support/scenario.ts'
import { type PutDown, type RunOptions, runScenario } from '../runner/run.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'
import { diffSnapshots } from './diff.ts'
import { snapshotNames } from './folder.ts'
import { openPutDown, runThroughSnapshot, type SnapshotAfter, saveAfterPhase } from './virtual.ts'

const text = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: warm }
seed: 7
clock: { mode: virtual }
population:
  size: 24
  enrolOver: 30m
  mix:
    - { name: laptops, weight: 12, platform: windows, behavior: slow }
    - { name: phones, weight: 8, platform: iOS }
    - { name: boxes, weight: 4, platform: linux, behavior: far }
behaviors:
  far: { link: { latency: { p50: 500ms, p99: 20s }, loss: 5% } }
  slow: { apply: { duration: { p50: 10m, p99: 3h } }, checkIn: { every: 4h, jitter: 20% } }
tenant:
  groups: [{ id: few, percent: 25, of: laptops }]
policies:
  - { id: base, type: compliance, platform: windows, settings: { bitLockerEnabled: true, activeFirewallRequired: true }, gracePeriod: 24h }
  - { id: later, type: configuration, platform: iOS, settings: { passcodeMinimumLength: 6 }, assignTo: [] }
faults:
  - { name: link-of-night, kind: link, at: warm+20h, for: 1h, every: 24h, loss: 2% }
  - { name: skew, kind: device.clock-skew, at: run+2h, for: 4h, in: phones, share: 50%, by: 1h }
phases:
  - name: warm
    do:
      - drift: { in: laptops, share: 50%, posture: { firewallOn: false }, over: 30h, selfHeal: 50%, healAfter: 12h }
      - offline: { in: phones, share: 50%, over: 2h }
    duration: 26h
  - name: run
    do:
      - online: { in: phones, over: 1h }
      - assign: { policy: later, to: [all-devices] }
      - update: { policy: base, settings: { bitLockerEnabled: false } }
    duration: 30h
assertions:
  - { name: some drifted, expr: 'policy("base").nonCompliant + policy("base").inGracePeriod > 0', at: end(warm) }
  - { name: asked in the next phase, expr: devices.managed == 24, at: warm+30h }
  - { name: waited for over the rest, expr: 'policy("later").targeted == 8', at: warm+1h, eventually: { within: 60h } }
  - { name: nobody leaves, expr: devices.left == 0, always: {} }
thresholds:
  - { metric: policy.time_to_applied, require: p99 < 2d }
`

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-snapshot-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const scenario = scenarioOf(text)

const optionsOf = (of: Scenario): RunOptions => ({
  scenario: of,
  file: 'test.yaml',
  runId: 'test',
  command: 'test',
  dataDir: '',
  env: {},
  logLevel: 'silent',
  signal: new AbortController().signal,
  onNote: () => undefined,
})

const wanted = (name = 'warm', phase = 'warm'): SnapshotAfter => ({
  ...{ root, name, phase, replace: false, muster: 'test' },
  signal: new AbortController().signal,
})

async function save(of: Scenario, after = wanted()) {
  const saved = await saveAfterPhase(optionsOf(of), after)
  if ('result' in saved) throw new Error(JSON.stringify(saved.result.phases))
  return saved.manifest
}

/** A run to its verdict, and how each device stands at its end. */
async function runToEnd(of: Scenario, before?: PutDown) {
  const stage = await openVirtualStage({
    ...{ scenario: of, logLevel: 'silent', onEvent: () => undefined },
    image: before?.image,
  })
  try {
    const result = await perform(stage, of, before ? { before } : {})
    return { result, end: await stage.perform(() => standings(stage.client)) }
  } finally {
    await stage.stop()
  }
}

/** How a run goes on from the snapshot. */
const branch = (of: Scenario) => runScenario({ ...optionsOf(of), before: openPutDown(root, 'warm', of) })

describe('a world that was put down', { timeout: 180_000 }, () => {
  it('goes on as if it had not been, in the middle of what devices do, and as the run that saved it', async () => {
    const whole = await runToEnd(scenario)
    const saving = await runThroughSnapshot(optionsOf(scenario), wanted())
    const restored = await runToEnd(scenario, openPutDown(root, 'warm', scenario))
    expect(saving.verdict).toBe('passed')
    expect(restored.result.replay).toEqual(saving.replay)
    expect(restored.result.replay?.sha256).not.toBe(whole.result.replay?.sha256)

    expect(Object.keys(restored.end)).toHaveLength(24)
    expect(restored.end).toEqual(whole.end)
    const story = ({ phases, faults, assertions, thresholds, history, final }: RunResult) => ({
      phases: phases.map(({ name, outcome }) => [name, outcome]),
      faults: faults.map(({ name }) => name),
      assertions: assertions.map(({ name, ok }) => [name, ok]),
      thresholds: thresholds.map(({ got }) => got),
      history,
      counts: [final.certificates, final.devices, final.compliance, final.enrolments],
    })
    expect(story(restored.result)).toEqual(story(whole.result))
    expect(restored.result.timeline[0]).toMatchObject({ atMs: saving.timeline[0]?.atMs })
  })

  it('branches: another seed, another future', async () => {
    expect(await save(scenario)).toMatchObject({ mode: 'virtual', phase: 'warm', devices: 24, seed: '7' })
    const hashes: unknown[] = []
    for (const seed of ['7', '8', '8']) hashes.push((await branch({ ...scenario, seed })).replay?.sha256)
    expect(hashes[1]).toBe(hashes[2])
    expect(new Set(hashes).size).toBe(2)
    const other = scenarioOf(
      text
        .replace(/ {2}- name: run\n[\s\S]*/, '  - { name: other, duration: 8h }\n')
        .replace(
          '\nfaults:',
          '\n  - { id: new, type: configuration, platform: windows, settings: { firewallProfilePublic: true } }\nfaults:',
        )
        .replace(/ {2}- \{ name: skew.*\n/, ''),
    )
    const { verdict, phases, policies } = await branch({
      ...other,
      chaos: { every: 1_800_000, kinds: ['control-crash'] },
    })
    expect(verdict).toBe('passed')
    expect(phases.map(({ name }) => name)).toEqual(['warm', 'other'])
    expect(policies.find(({ id }) => id === 'new')?.states).toMatchObject({ compliant: 12 })
    expect(await diffSnapshots(root, 'warm', 'warm')).toMatchObject({ devices: [], onlyInA: [], onlyInB: [] })
  })

  it('names what a scenario cannot have otherwise, and what cannot be saved', async () => {
    await save(scenario)
    const { population, phases, policies } = scenario
    const refused = (of: Partial<Scenario>) => () => openPutDown(root, 'warm', { ...scenario, ...of })
    const code = 'snapshot/scenario-differs'
    const naming = (path: string) => expect.objectContaining({ code, message: expect.stringContaining(`${path} is `) })
    expect(refused({ population: { ...population, size: 25 } })).toThrow(naming('population.size'))
    expect(refused({ workers: 2 })).toThrow(naming('workers'))
    expect(refused({ tenant: { ...scenario.tenant, name: 'other' } })).toThrow(naming('tenant.name'))
    const [warm, ...later] = phases
    const nothing = { do: [], drift: [], offline: [] }
    expect(refused({ phases: [{ ...warm, name: 'warm', ...nothing, duration: 1 }, ...later] })).toThrow(
      naming('phases.0.do.0'),
    )
    const [base, ...others] = policies
    expect(refused({ policies: [{ ...base, gracePeriod: 0 } as (typeof policies)[number], ...others] })).toThrow(
      naming('policies.base.gracePeriod'),
    )

    const fails = (of: Scenario, after: SnapshotAfter) => saveAfterPhase(optionsOf(of), after)
    await expect(fails(scenario, wanted())).rejects.toMatchObject({ code: 'snapshot/exists' })
    await expect(fails(scenario, wanted('other', 'wram'))).rejects.toMatchObject({ code: 'cli/usage' })
    await expect(fails(scenario, wanted('../other'))).rejects.toMatchObject({ code: 'snapshot/bad-name' })
    const live: Scenario = { ...scenario, clock: { ...scenario.clock, mode: 'scaled' } }
    await expect(fails(live, wanted('other'))).rejects.toMatchObject({ code: 'snapshot/wrong-mode' })
    const never = scenarioOf(text.replace('duration: 26h', 'until: { expr: devices.total == 7, timeout: 1h }'))
    expect(await fails(never, wanted('other'))).toMatchObject({
      result: { verdict: 'failed', phases: [{ outcome: 'timed-out' }, { outcome: 'skipped' }] },
    })
    expect(snapshotNames(root)).toEqual(['warm'])
  })
})
