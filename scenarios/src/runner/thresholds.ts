import {
  type ExpectationResult,
  formatDuration,
  judgeWindows,
  type Measurement,
  meaninglessInVirtual,
  measuredText,
  meets,
  overlapsMeasurement,
  parseRequirement,
  type Requirement,
  type Span,
  type Stretch,
  type Threshold,
  valueText,
} from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import { type Known, measurementsOf, statisticsOf } from './measurements.ts'
import { isOfFault } from './recovery.ts'

/** What came of a threshold, and what that means for the run. */
export interface ThresholdResult extends ExpectationResult {
  readonly invalidates: boolean
  readonly exitCode?: number
  /** It has ended the run. */
  readonly aborted?: boolean
}

/** Hold all thresholds against what was measured. */
export async function checkThresholds(context: RunContext, known: Known): Promise<readonly ThresholdResult[]> {
  const results: ThresholdResult[] = []
  for (const threshold of context.scenario.thresholds)
    for (const text of threshold.require) results.push(await checkThreshold(context, threshold, text, known))
  return results
}

/** `policy.time_to_applied of base, ring broad`. */
export function thresholdName({ metric, where }: Pick<Threshold, 'metric' | 'where'>): string {
  const { policy, ring, fault, route, in: part } = where
  const of = policy ?? fault ?? route
  return [metric, of && ` of ${of}`, ring && `, ring ${ring}`, part && ` in ${part}`].filter(Boolean).join('')
}

/** One requirement of a threshold. `goesOn`: the run does, and windows that are not over are not judged. */
export async function checkThreshold(
  context: RunContext,
  threshold: Threshold,
  text: string,
  known: Known,
  goesOn = false,
): Promise<ThresholdResult> {
  const { metric, where, severity, exitCode, window } = threshold
  const parsed = parseRequirement(text, metric)
  if (!parsed.ok) throw new Error(parsed.refusal.message)
  const requirement = parsed.value
  const common = {
    name: thresholdName(threshold),
    expected: expectedText(requirement, threshold),
    atMs: context.nowMs(),
    devices: [],
    invalidates: severity === 'invalid-run',
    ...(exitCode === undefined ? {} : { exitCode }),
  }
  const meaningless = context.stage.mode === 'virtual' && meaninglessInVirtual(metric, requirement.statistic)
  if (meaningless) return { ...common, ok: true, outcome: 'not-measured', got: `not measured: ${meaningless}` }
  const all = await measurementsOf(context, metric, where, known, requirement.statistic)
  const within = stretchesOf(context, threshold, goesOn)
  if (within.length === 0 && !goesOn)
    return {
      ...common,
      ok: false,
      outcome: 'not-reached',
      got: `not reached: ${threshold.during?.join(', ')} did not begin`,
    }
  const except = excludedSpans(context, threshold)
  if (window !== undefined) {
    const stretches = goesOn ? within.filter(({ fromMs, toMs }) => toMs - fromMs > window) : within
    return { ...common, ...overWindows(context, requirement, all, { windowMs: window, within: stretches, except }) }
  }
  return { ...common, ...overAll(requirement, metric, all, within, except) }
}

function expectedText({ text }: Requirement, { window, during, except }: Threshold): string {
  const parts = [
    window !== undefined && `windows of ${formatDuration(window)}`,
    during && `during ${during.join(', ')}`,
    except.length > 0 && `except ${except.join(', ')}`,
  ].filter(Boolean)
  return parts.length === 0 ? text : `${text} [${parts.join('; ')}]`
}

/** The times that a threshold is about. */
function stretchesOf(
  { phaseSpans, startedMs, nowMs }: RunContext,
  { during, window }: Threshold,
  goesOn: boolean,
): readonly Stretch[] {
  // What is measured now counts; a window that ends now is not over as long as this moment is.
  const untilMs = nowMs() + (goesOn && window !== undefined ? 0 : 1)
  if (!during) return [{ fromMs: startedMs, toMs: untilMs }]
  return phaseSpans
    .filter(({ name }) => during.includes(name))
    .map(({ fromMs, toMs = untilMs }) => ({ fromMs, toMs: Math.max(toMs, fromMs + 1) }))
}

function excludedSpans({ faults, trouble, nowMs }: RunContext, { except }: Threshold): readonly Stretch[] {
  const open: Span[] = [...trouble.open].map((fault) => ({ ...fault, toMs: nowMs() + 1, text: '' }))
  return [...faults, ...open]
    .filter((span) => except.some((name) => isOfFault(span, name)))
    .map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.max(toMs, fromMs + 1) }))
}

type Judged = Pick<ExpectationResult, 'ok' | 'got' | 'windowed' | 'excluded'> & { readonly atMs?: number }

function overAll(
  requirement: Requirement,
  metric: Threshold['metric'],
  all: readonly Measurement[],
  within: readonly Stretch[],
  except: readonly Stretch[],
): Judged {
  const inTime = all.filter(({ atMs }) => within.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs))
  const left = inTime.filter((each) => !except.some((fault) => overlapsMeasurement(each, fault)))
  const excluded = inTime.length - left.length
  const measured = statisticsOf(metric, left)
  const text = measuredText(requirement, measured)
  return {
    ok: meets(requirement, measured),
    got: excluded > 0 ? `${text}, ${excluded} left out` : text,
    ...(except.length > 0 ? { excluded } : {}),
    ...whenWorst(requirement, left),
  }
}

/** A maximum has a moment. */
function whenWorst({ statistic }: Requirement, measurements: readonly Measurement[]): { atMs?: number } {
  if (statistic !== 'max' && statistic !== 'min') return {}
  const sign = statistic === 'max' ? 1 : -1
  const worst = measurements
    .filter(({ failed }) => !failed)
    .reduce<Measurement | undefined>(
      (most, each) => (most && sign * most.value >= sign * each.value ? most : each),
      undefined,
    )
  return worst ? { atMs: worst.atMs } : {}
}

function overWindows(
  { startedMs }: RunContext,
  requirement: Requirement,
  all: readonly Measurement[],
  { windowMs, within, except }: { windowMs: number; within: readonly Stretch[]; except: readonly Stretch[] },
): Judged {
  const verdict = judgeWindows(requirement, all, { windowMs, within, except })
  const { of, broken, excluded, empty, worst } = verdict
  const parts = [
    worst &&
      `worst ${requirement.statistic} = ${valueText(worst.value, requirement.unit)} at +${formatDuration(worst.fromMs - startedMs)}`,
    `${broken} of ${of} windows broke`,
    excluded > 0 && `${excluded} excluded`,
    empty > 0 && `${empty} with nothing in them`,
  ].filter(Boolean)
  return {
    ok: of > 0 && broken === 0,
    got:
      of === 0 ? `nothing was measured in ${empty + excluded} windows, ${excluded} of them excluded` : parts.join('; '),
    windowed: { ...verdict, windowMs },
    ...(worst ? { atMs: worst.fromMs } : {}),
  }
}

/** Whether a threshold that is looked at while the run goes on has failed for good. */
export function hasFailed({ ok, got, windowed, outcome }: ThresholdResult): boolean {
  if (ok || outcome !== undefined) return false
  return windowed ? windowed.broken > 0 : !got.startsWith(NOTHING)
}

const NOTHING = 'nothing was measured'
