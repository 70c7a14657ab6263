import {
  type Assertion,
  type ConditionContext,
  compileCondition,
  compileGraphExpectation,
  type ExpectationResult,
  formatDuration,
} from '@muster/shared/scenario'
import { type RunContext, sleep } from './context.ts'
import { valuesIn } from './values-in.ts'
import { worldNow } from './world-view.ts'

/** The assertions of a scenario, asked at their moments and all the time, beside its phases. */
export interface AssertionWatch {
  /** What is to hold when a phase begins is asked now; moments after it count from now. */
  phaseBegins(name: string): Promise<void>
  phaseEnds(name: string): Promise<void>
  /** Ask what is to hold all the time. */
  look(): Promise<void>
  /** Nothing more is asked. Answers all that there is, for another to go on from. */
  rest(): Promise<AssertionsImage>
  /** The phases are over: what is under way is waited for, and whose moment has not come is not reached. */
  end(): Promise<void>
  /** What is asked at the end of the run. */
  runEnds(): Promise<void>
  /** In the order of the scenario; what was never asked is among them. */
  results(): readonly ExpectationResult[]
}

/** What came of assertions, and which are still to be asked, by themselves. */
export interface AssertionsImage {
  readonly settled: readonly (readonly [Assertion, ExpectationResult])[]
  readonly looks: readonly (readonly [Assertion, { times: number; lastMs: number; phases: readonly string[] }])[]
  /** Those whose moment has come or is known: when. */
  readonly open: readonly (readonly [Assertion, number])[]
}

/** Devices that a result names. */
const NAMED_MAX = 20

/** `before`: of a run that goes on; what it had of assertions that the scenario has no more is forgotten. */
export function watchAssertions(context: RunContext, before?: AssertionsImage): AssertionWatch {
  const { assertions } = context.scenario
  const same = knownAs(assertions)
  const results = new Map<Assertion, ExpectationResult>(same(before?.settled))
  const questions = new Map(assertions.map((assertion) => [assertion, questionOf(assertion)]))
  const looks = new Map<Assertion, { times: number; lastMs: number; phases: Set<string> }>(
    same(before?.looks).map(([assertion, seen]) => [assertion, { ...seen, phases: new Set(seen.phases) }]),
  )
  const open = new Map<Assertion, number>()
  const ending = new AbortController()
  const resting = new AbortController()
  const asking = { ...context, signal: AbortSignal.any([context.signal, resting.signal]) }
  const waiting = { stage: context.stage, signal: AbortSignal.any([asking.signal, ending.signal]) }
  const beside: Promise<void>[] = []
  const under = new Set<string>()

  const settle = (assertion: Assertion, result: ExpectationResult): void => {
    results.set(assertion, result)
    context.record.judged('assertion', [result])
  }
  const ask = async (assertion: Assertion, sinceMs: number): Promise<void> => {
    const result = await askUntil(asking, assertion, questions.get(assertion) as Question, sinceMs)
    if (result) settle(assertion, result)
  }
  const askAll = async (edge: 'begin' | 'end', phase: string | undefined): Promise<void> => {
    for (const assertion of assertions) {
      if (assertion.always || assertion.never) continue
      const { edge: at, phase: of, afterMs } = assertion.at ?? { edge: 'end', afterMs: 0 }
      if (at !== edge || of !== phase) continue
      const withinMs = withinOf(assertion)
      const nowMs = context.nowMs()
      if (edge === 'end' || (afterMs === 0 && withinMs === 0)) await ask(assertion, nowMs)
      else beside.push(askAt(assertion, nowMs + afterMs))
    }
  }
  const askAt = async (assertion: Assertion, atMs: number): Promise<void> => {
    open.set(assertion, atMs)
    const afterMs = atMs - context.nowMs()
    try {
      if (afterMs > 0) await sleep(waiting, afterMs)
    } catch {
      return
    }
    await ask(assertion, atMs).catch((error: unknown) => {
      if (!asking.signal.aborted) throw error
    })
    if (results.has(assertion)) open.delete(assertion)
  }
  for (const [assertion, atMs] of same(before?.open)) beside.push(askAt(assertion, atMs))
  const look = async (): Promise<void> => {
    for (const assertion of assertions) {
      const during = (assertion.always ?? assertion.never)?.during
      if ((!assertion.always && !assertion.never) || results.has(assertion)) continue
      const phases = [...under].filter((phase) => !during || during.includes(phase))
      if (phases.length === 0) continue
      const answer = await askOnce(context, questions.get(assertion) as Question, assertion.never !== undefined)
      if (!answer) continue
      const seen = looks.get(assertion) ?? { times: 0, lastMs: 0, phases: new Set() }
      looks.set(assertion, {
        times: seen.times + 1,
        lastMs: context.nowMs(),
        phases: new Set([...seen.phases, ...phases]),
      })
      if (!answer.ok) settle(assertion, resultOf(assertion, context.nowMs(), answer))
    }
  }
  return {
    phaseBegins: async (name) => {
      under.add(name)
      await askAll('begin', name)
      await look()
    },
    phaseEnds: async (name) => {
      await look()
      under.delete(name)
      await askAll('end', name)
    },
    look,
    rest: async () => {
      resting.abort()
      await Promise.all(beside)
      const seen = [...looks].map(([assertion, each]) => [assertion, { ...each, phases: [...each.phases] }] as const)
      return { settled: [...results], looks: seen, open: [...open] }
    },
    end: async () => {
      ending.abort()
      await Promise.all(beside)
    },
    runEnds: () => askAll('end', undefined),
    results: () => {
      for (const assertion of assertions)
        if (!results.has(assertion)) settle(assertion, unbroken(context, assertion, looks.get(assertion)))
      return [...assertions.map((assertion) => results.get(assertion) as ExpectationResult)]
    },
  }
}

/** What is known of assertions that stand in the scenario as they stood in the one before. */
function knownAs(assertions: readonly Assertion[]) {
  const now = new Map(assertions.map((assertion) => [JSON.stringify(assertion), assertion]))
  return <Known>(entries: readonly (readonly [Assertion, Known])[] = []): [Assertion, Known][] =>
    entries.flatMap(([before, known]) => {
      const assertion = now.get(JSON.stringify(before))
      return assertion ? [[assertion, known]] : []
    })
}

const withinOf = ({ within, eventually }: Assertion): number => within ?? eventually?.within ?? 0

const expectedOf = (assertion: Assertion): string => {
  const { expr, graph, always, never } = assertion
  const text = expr ?? `GET ${graph?.get}: ${graph?.expect}`
  const during = (always ?? never)?.during
  const when = during ? ` during ${during.join(', ')}` : ''
  if (always) return `always${when}: ${text}`
  return never ? `never${when}: ${text}` : text
}

/** What was looked at and never broke has held; what was not looked at was not reached. */
function unbroken(
  { nowMs, phaseSpans }: RunContext,
  assertion: Assertion,
  looks: { readonly times: number; readonly phases: ReadonlySet<string> } | undefined,
): ExpectationResult {
  const during = (assertion.always ?? assertion.never)?.during
  const missing = during?.filter((phase) => !looks?.phases.has(phase)) ?? []
  if (looks && missing.length === 0)
    return resultOf(assertion, nowMs(), { ok: true, got: `held at ${looks.times} looks`, devices: [] })
  const phase = assertion.at?.phase ?? missing[0]
  const begun = phaseSpans.some(({ name }) => name === phase)
  const why = phase === undefined || begun ? 'the run ended before' : `${phase} did not begin`
  return {
    ...resultOf(assertion, nowMs(), { ok: false, got: `not reached: ${why}`, devices: [] }),
    outcome: 'not-reached',
  }
}

const resultOf = (assertion: Assertion, atMs: number, { ok, got, devices }: Answer): ExpectationResult => ({
  name: assertion.name,
  ok,
  expected: expectedOf(assertion),
  got,
  atMs,
  devices,
})

interface Answer {
  readonly ok: boolean
  readonly got: string
  readonly devices: readonly string[]
}

/** Ask now. `negated`: it must not hold. */
type Question = (context: RunContext, negated: boolean) => Promise<Answer>

function questionOf({ expr, graph }: Assertion): Question {
  if (graph) return graphQuestion(graph)
  const compiled = compileCondition(expr ?? '')
  if (!compiled.ok) throw new Error(compiled.message)
  const { expression } = compiled
  return async (context, negated) => {
    const world = await worldNow(context, expression.use)
    const held = expression.evaluate(world)
    if (held !== negated) return { ok: true, got: 'holds', devices: [] }
    const ids = expression.breakers(world, held)
    return {
      ok: false,
      got: [valuesIn(expr ?? '', world, negated), named(ids, world)].filter(Boolean).join('; '),
      devices: ids.slice(0, NAMED_MAX),
    }
  }
}

/** How many devices, and the first of them by name. */
function named(ids: readonly string[], { fleet }: ConditionContext): string {
  if (ids.length === 0) return ''
  const names = new Map(fleet?.map(({ id, name }) => [id, name]))
  const first = ids.slice(0, 3).map((id) => names.get(id) ?? id)
  return `${ids.length} ${ids.length === 1 ? 'device' : 'devices'}: ${first.join(', ')}${ids.length > 3 ? ' …' : ''}`
}

const BODY_SHOWN = 120

function graphQuestion({ get, expect }: NonNullable<Assertion['graph']>): Question {
  const compiled = compileGraphExpectation(expect)
  if (!compiled.ok) throw new Error(compiled.message)
  const { expression } = compiled
  // A filter may be written as people read it; what is encoded already stays as it is.
  const path = get.replace(/[^\x21-\x7e]/g, encodeURIComponent)
  return async (context, negated) => {
    const answer = await context.client.ask('GET', path)
    const world = await worldNow(context, expression.use)
    const held = holdsIn(() => expression.evaluate(answer, world))
    if (held !== negated) return { ok: true, got: `status ${answer.status}, holds`, devices: [] }
    const body = JSON.stringify(answer.body) ?? ''
    const shown = body.length > BODY_SHOWN ? `${body.slice(0, BODY_SHOWN - 1)}…` : body
    const values = valuesIn(expect, world, negated)
    return { ok: false, got: `status ${answer.status}, body ${shown}; ${values}`, devices: [] }
  }
}

/** An answer of another shape than was expected does not hold. */
function holdsIn(evaluate: () => boolean): boolean {
  try {
    return evaluate()
  } catch {
    return false
  }
}

/** The service may be away by order of the scenario: then there is no answer. */
const askOnce = (context: RunContext, question: Question, negated: boolean): Promise<Answer | undefined> =>
  question(context, negated).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'client/unreachable') return undefined
    throw error
  })

/** Ask until it holds, or its time is over. Nothing when the run was interrupted meanwhile. */
async function askUntil(
  context: RunContext,
  assertion: Assertion,
  question: Question,
  sinceMs: number,
): Promise<ExpectationResult | undefined> {
  const within = withinOf(assertion)
  try {
    for (let asked = 1; ; asked++) {
      const answer = await askOnce(context, question, false)
      const waitedMs = context.nowMs() - sinceMs
      if (answer?.ok || waitedMs >= within)
        return resultOf(assertion, context.nowMs(), afterWait(answer, asked > 1 ? waitedMs : 0))
      await sleep(context, Math.min(within - waitedMs, context.stage.lookAgainMs(waitedMs)))
    }
  } catch (error) {
    if (context.signal.aborted) return undefined
    throw error
  }
}

function afterWait(answer: Answer | undefined, waitedMs: number): Answer {
  if (!answer) return { ok: false, got: 'the service did not answer', devices: [] }
  return waitedMs > 0 && answer.ok ? { ...answer, got: `${answer.got} after ${formatDuration(waitedMs)}` } : answer
}
