import { CodedError, type EpochMs } from '@muster/shared/core'
import type { ExpectationResult, PhaseResult, RunResult, Verdict } from '@muster/shared/scenario'
import type { ThresholdResult } from './thresholds.ts'

/** Exit codes; of several that apply: part lost, interrupted, invalid run, invariant, given up, assertion, threshold, phase. */
const EXIT = {
  passed: 0,
  timedOut: 5,
  threshold: 10,
  assertion: 11,
  givenUp: 13,
  invariant: 12,
  partLost: 14,
  invalid: 20,
  interrupted: 130,
} as const

/** What a run came to, before it is judged. */
export interface Outcome {
  readonly phases: readonly PhaseResult[]
  readonly assertions: readonly ExpectationResult[]
  readonly thresholds: readonly ThresholdResult[]
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
  const failed = thresholds.filter(({ ok, outcome }) => !ok && outcome !== 'not-reached')
  const givenUp = failed.find(({ aborted }) => aborted)
  if (interrupted !== undefined && !givenUp) return { verdict: 'aborted', exitCode: EXIT.interrupted }
  if (failed.some(({ invalidates }) => invalidates)) return { verdict: 'invalid', exitCode: EXIT.invalid }
  if (invariants.some(({ ok }) => !ok)) return { verdict: 'failed', exitCode: EXIT.invariant }
  if (givenUp) return { verdict: 'failed', exitCode: givenUp.exitCode ?? EXIT.givenUp }
  // What was not reached has its reason in a phase, which is judged below.
  if (assertions.some(({ ok, outcome }) => !ok && outcome !== 'not-reached'))
    return { verdict: 'failed', exitCode: EXIT.assertion }
  if (failed.length > 0)
    return { verdict: 'failed', exitCode: failed.find(({ exitCode }) => exitCode)?.exitCode ?? EXIT.threshold }
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
