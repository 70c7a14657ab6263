import type { ExpectationResult, RunResult, Verdict } from '@muster/shared/scenario'
import { STATES } from './states.ts'

type Held = 'held' | 'failed' | 'absent'

/** Two runs beside each other. `change` is relative: 0.1 is a tenth more. */
export interface Comparison {
  readonly runs: readonly [string, string]
  readonly verdicts: readonly [Verdict, Verdict]
  /** Whether the second is worse: its verdict, an expectation that held before, or reports lost or applied twice. */
  readonly regressed: boolean
  readonly regressions: readonly string[]
  /** Only those that came out otherwise. */
  readonly expectations: readonly {
    readonly kind: string
    readonly name: string
    readonly expected: string
    readonly outcomes: readonly [Held, Held]
    readonly got: readonly [string, string]
  }[]
  readonly metrics: readonly {
    readonly name: string
    readonly unit: 'count' | 'ms'
    readonly values: readonly [number | undefined, number | undefined]
    readonly change?: number
  }[]
  /** Devices, by name, that ended in another state; of those that both reports list. */
  readonly devices: readonly { readonly name: string; readonly states: readonly [string, string] }[]
}

/** What is otherwise in the second run. Pure. */
export function compareRuns(one: RunResult, other: RunResult): Comparison {
  const expectations = changedExpectations(one, other)
  const regressions = [
    ...(gravity[other.verdict] > gravity[one.verdict] ? [`verdict: ${one.verdict} → ${other.verdict}`] : []),
    ...expectations
      .filter(({ outcomes: [before, after] }) => before === 'held' && after === 'failed')
      .map(({ kind, name, got }) => `${kind} ${name} held and fails: ${got[1]}`),
    ...(other.history.lost > one.history.lost ? [`reports lost: ${one.history.lost} → ${other.history.lost}`] : []),
    ...(other.history.appliedTwice > one.history.appliedTwice
      ? [`reports applied twice: ${one.history.appliedTwice} → ${other.history.appliedTwice}`]
      : []),
  ]
  return {
    runs: [one.runId, other.runId],
    verdicts: [one.verdict, other.verdict],
    regressed: regressions.length > 0,
    regressions,
    expectations,
    metrics: comparedMetrics(one, other),
    devices: changedDevices(one, other),
  }
}

const gravity: Readonly<Record<Verdict, number>> = { passed: 0, aborted: 1, failed: 2, invalid: 3 }

interface Named extends ExpectationResult {
  readonly kind: string
}

/** By kind, name and what is expected; of several that are alike each has its own number. */
function expectationsOf({ thresholds, assertions, invariants, phases }: RunResult): ReadonlyMap<string, Named> {
  const all: Named[] = [
    ...phases.map(({ name, outcome, text, toMs: atMs }) => ({
      ...{
        kind: 'phase',
        name,
        ok: outcome === 'done',
        expected: 'the phase ends in time',
        got: `${outcome}: ${text}`,
      },
      ...{ atMs, devices: [] },
    })),
    ...thresholds.map((each) => ({ ...each, kind: 'threshold' })),
    ...assertions.map((each) => ({ ...each, kind: 'assertion' })),
    ...invariants.map((each) => ({ ...each, kind: 'invariant' })),
  ]
  const byKey = new Map<string, Named>()
  for (const each of all) {
    const key = JSON.stringify([each.kind, each.name, each.expected])
    let unique = key
    for (let number = 2; byKey.has(unique); number++) unique = `${key}#${number}`
    byKey.set(unique, each)
  }
  return byKey
}

function changedExpectations(one: RunResult, other: RunResult): Comparison['expectations'] {
  const [before, after] = [expectationsOf(one), expectationsOf(other)]
  const outcome = (result: Named | undefined): Held =>
    result && result.outcome !== 'not-measured' ? (result.ok ? 'held' : 'failed') : 'absent'
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [a, b] = [before.get(key), after.get(key)]
    const either = a ?? b
    if (!either || outcome(a) === outcome(b)) return []
    const { kind, name, expected } = either
    return [{ kind, name, expected, outcomes: [outcome(a), outcome(b)], got: [a?.got ?? '', b?.got ?? ''] } as const]
  })
}

type Metric = Pick<Comparison['metrics'][number], 'name' | 'unit'> & { readonly value: number }

function metricsOf(result: RunResult): readonly Metric[] {
  const { final, history, policies } = result
  const count = (name: string, value: number): Metric => ({ name, unit: 'count', value })
  const ms = (name: string, value: number): Metric => ({ name, unit: 'ms', value })
  const inState = (state: string): number =>
    Object.values(final.compliance).reduce((sum, states) => sum + (states?.[state] ?? 0), 0)
  return [
    ms('run, wall time', result.endedWallMs - result.startedWallMs),
    ms('run, simulated', result.endedMs - result.startedMs),
    count('devices managed', final.devices.managed),
    ...STATES.map((state) => count(`devices ${state}`, inState(state))),
    count('reports committed', history.committed),
    count('reports lost', history.lost),
    count('reports applied twice', history.appliedTwice),
    count('dead letters', final.reports.deadLetters),
    count('check-ins', final.checkIns.managed + final.checkIns.gated),
    count('certificates active', final.certificates.active),
    ...(['p50', 'p95', 'p99'] as const).map((share) => ms(`report to commit ${share}`, final.reportAckMs[share])),
    ...(['p50', 'p99'] as const).map((share) => ms(`check-in ${share}`, final.checkInMs[share])),
    ...policies.flatMap(({ id, appliedMs }) => [
      ms(`${id} applied p50`, appliedMs.p50),
      ms(`${id} applied p95`, appliedMs.p95),
    ]),
  ]
}

function comparedMetrics(one: RunResult, other: RunResult): Comparison['metrics'] {
  const [before, after] = [one, other].map((result) => new Map(metricsOf(result).map((each) => [each.name, each])))
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])
  return [...names].flatMap((name) => {
    const [a, b] = [before?.get(name), after?.get(name)]
    const unit = (a ?? b)?.unit
    if (!unit) return []
    const change = a && b && a.value !== 0 ? { change: (b.value - a.value) / a.value } : {}
    return [{ name, unit, values: [a?.value, b?.value] as const, ...change }]
  })
}

function changedDevices(one: RunResult, other: RunResult): Comparison['devices'] {
  const before = new Map(one.devices.map(({ name, complianceState }) => [name, complianceState]))
  return other.devices.flatMap(({ name, complianceState }) => {
    const was = before.get(name)
    return was === undefined || was === complianceState ? [] : [{ name, states: [was, complianceState] as const }]
  })
}
