import type { Measurement, PhaseResult, RunEvent, Scenario, Span } from '@muster/shared/scenario'
import { z } from 'zod'
import type { AssertionsImage } from './assertions.ts'
import type { Rollout, RunContext } from './context.ts'
import type { FaultsBefore, FaultsLeft, FaultUnderWay, WaitingFault } from './fault-timeline.ts'
import type { ObserverImage } from './observer.ts'

const Ids = z.array(z.tuple([z.string(), z.string()]))
const list = <T>() => z.array(z.custom<T>((value) => typeof value === 'object' && value !== null))

/** A run that was put down between two phases: all that the runner knows. What is its own it finds as it left it. */
export const RunSoFar = z.object({
  startedMs: z.number(),
  policyIds: Ids,
  groupIds: Ids,
  filterIds: Ids,
  settingsNow: z.array(z.tuple([z.string(), z.custom<Scenario['policies'][number]['settings']>()])),
  events: list<RunEvent>(),
  faults: list<Span>(),
  waiting: list<WaitingFault>(),
  underWay: list<FaultUnderWay>().default([]),
  counts: z.object({ brokerKills: z.number(), devices: z.number() }),
  phases: list<PhaseResult>(),
  phaseSpans: list<RunContext['phaseSpans'][number]>(),
  rollouts: z.array(
    z.object({
      policy: z.string(),
      state: z.enum(['running', 'completed', 'halted']),
      rings: z.array(
        z.object({
          name: z.string(),
          state: z.enum(['running', 'passed', 'halted']),
          fromMs: z.number(),
          members: z.array(z.string()),
        }),
      ),
    }),
  ),
  asserted: z.custom<AssertionsImage>((value) => typeof value === 'object' && value !== null && 'settled' in value),
  measured: z.object({
    graphRequests: list<Measurement & { route: string }>(),
    checkIns: list<Measurement>(),
    lags: list<Measurement>(),
    recoveries: list<Measurement & { fault: string; kind: string }>(),
    expiredLooks: list<Measurement>(),
    expiredFirst: z.array(z.tuple([z.string(), z.custom<Measurement>()])),
  }),
  observed: z.object({ samples: list<ObserverImage['samples'][number]>(), keepEvery: z.number(), seen: z.number() }),
})
export type RunSoFar = z.infer<typeof RunSoFar>

/** What a run goes on from: what the runner knew, and the scenario that it knew it by. */
export interface RunBefore {
  readonly soFar: RunSoFar
  readonly scenario: Scenario
}

/** Put down what the runner knows. */
export function soFarOf(context: RunContext, rest: Pick<RunSoFar, 'phases' | 'asserted'> & FaultsLeft): RunSoFar {
  const { policyIds, groupIds, filterIds, settingsNow, events, faults, counts, observer, measuring } = context
  const { samples, keepEvery, seen } = observer.image()
  const { graphRequests, checkIns, lags, recoveries, expiredLooks, expiredFirst } = measuring
  return {
    ...rest,
    waiting: [...rest.waiting],
    underWay: [...rest.underWay],
    startedMs: context.startedMs,
    phaseSpans: context.phaseSpans,
    rollouts: [...context.rollouts].map(([policy, { state, rings }]) => ({
      policy,
      state,
      rings: [...rings].map(([name, { members, ...ring }]) => ({ name, ...ring, members: [...members] })),
    })),
    measured: {
      graphRequests: [...graphRequests],
      checkIns: [...checkIns],
      lags: [...lags],
      recoveries,
      expiredLooks: [...expiredLooks],
      expiredFirst: [...expiredFirst],
    },
    policyIds: [...policyIds],
    groupIds: [...groupIds],
    filterIds: [...filterIds],
    settingsNow: [...settingsNow],
    events,
    faults,
    counts,
    observed: { samples: [...samples], keepEvery, seen },
  }
}

/** Rollouts that had begun. */
export const rolloutsOf = (soFar: RunSoFar | undefined): Map<string, Rollout> =>
  new Map(
    (soFar?.rollouts ?? []).map(({ policy, state, rings }) => [
      policy,
      {
        state,
        rings: new Map(rings.map(({ name, members, ...ring }) => [name, { ...ring, members: new Set(members) }])),
      },
    ]),
  )

/** What a fault timeline goes on from. */
export const faultsBefore = ({ soFar, scenario }: RunBefore): FaultsBefore => ({
  waiting: soFar.waiting,
  underWay: soFar.underWay,
  seed: scenario.seed,
  known: scenario.faults,
  phases: soFar.phases,
})

/** The phases that are still to come: all after the one at whose end the run was put down, where the scenario has it. */
export function phasesLeft({ phases }: Scenario, before: RunBefore | undefined): Scenario['phases'] {
  const last = before?.soFar.phases.at(-1)?.name
  return phases.slice(phases.findIndex(({ name }) => name === last) + 1)
}
