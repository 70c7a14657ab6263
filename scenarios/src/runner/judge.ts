import { CodedError, type EpochMs } from '@muster/shared/core'
import type { ExpectationResult, PhaseResult, RunResult, Verdict } from '@muster/shared/scenario'

/** Exit codes; of several that apply: invalid run, part lost, invariant, assertion, threshold, phase. */
const EXIT = {
  passed: 0,
  timedOut: 5,
  threshold: 10,
  assertion: 11,
  invariant: 12,
  partLost: 14,
  invalid: 20,
  interrupted: 130,
} as const

/** What a run came to, before it is judged. */
export interface Outcome {
  readonly phases: readonly PhaseResult[]
  readonly assertions: readonly ExpectationResult[]
  readonly thresholds: readonly (ExpectationResult & { readonly invalidates: boolean })[]
  readonly invariants: readonly ExpectationResult[]
  /** Why the run was ended before its time. */
  readonly interrupted: unknown
  readonly partLost: boolean
}

/** The verdict, and the exit code of the gravest failure. */
export function judge({ phases, assertions, thresholds, invariants, interrupted, partLost }: Outcome): {
  verdict: Verdict
  exitCode: number
} {
  if (partLost) return { verdict: 'failed', exitCode: EXIT.partLost }
  if (isWallLimit(interrupted)) return { verdict: 'failed', exitCode: EXIT.timedOut }
  if (interrupted !== undefined) return { verdict: 'aborted', exitCode: EXIT.interrupted }
  if (thresholds.some(({ ok, invalidates }) => !ok && invalidates))
    return { verdict: 'invalid', exitCode: EXIT.invalid }
  if (invariants.some(({ ok }) => !ok)) return { verdict: 'failed', exitCode: EXIT.invariant }
  if (assertions.some(({ ok }) => !ok)) return { verdict: 'failed', exitCode: EXIT.assertion }
  if (thresholds.some(({ ok }) => !ok)) return { verdict: 'failed', exitCode: EXIT.threshold }
  if (phases.some(({ outcome }) => outcome !== 'done')) return { verdict: 'failed', exitCode: EXIT.timedOut }
  return { verdict: 'passed', exitCode: EXIT.passed }
}

const isWallLimit = (reason: unknown): boolean => reason instanceof CodedError && reason.code === 'run/wall-limit'

export const historyText = ({ sent, committed, lost, appliedTwice }: RunResult['history']): string =>
  `${sent} reports sent, ${committed} committed, ${lost} lost, ${appliedTwice} applied twice`

/** What must hold after every run. */
export function invariantsOf(history: RunResult['history'], atMs: EpochMs): readonly ExpectationResult[] {
  const devices = history.problems.map((problem) => problem.split(':')[0] ?? '').slice(0, 20)
  return [
    {
      name: 'every report is committed exactly once',
      ok: history.ok,
      expected: 'sent = committed, each once',
      got: historyText(history),
      atMs,
      devices,
    },
  ]
}
