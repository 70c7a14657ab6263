import { enrolmentMode } from '@muster/shared/contracts'
import { managedCount, populationOf, type Scenario, userCount } from '@muster/shared/scenario'
import { costs } from './costs.ts'
import { between, exactly, type Range, sumOf, times } from './range.ts'
import { type PlannedPolicy, policiesOf } from './targets.ts'
import { type PlannedFault, type PlannedPhase, timelineOf } from './timeline.ts'
import { type Traffic, trafficOf } from './traffic.ts'
import { warningsOf } from './warnings.ts'

/** What a scenario will do, and what that costs; nothing has been done for it. */
export interface Plan {
  readonly name: string
  readonly seed: string
  readonly mode: 'live' | 'virtual'
  /** Simulated seconds in a wall second; of a virtual world as many as there are. */
  readonly speed: number | undefined
  /** What the limits of Graph are multiplied by, where the scenario has any. */
  readonly throttling?: number | undefined
  readonly devices: number
  readonly managed: number
  readonly users: number
  readonly workers: number
  readonly population: readonly {
    readonly name: string
    readonly platform: string
    readonly mode: string
    readonly ownership: string
    readonly behavior: string | undefined
    readonly count: number
  }[]
  readonly phases: readonly (PlannedPhase & { readonly wallMs: Range | undefined })[]
  readonly faults: readonly PlannedFault[]
  readonly policies: readonly PlannedPolicy[]
  readonly traffic: Traffic
  readonly simulatedMs: Range
  readonly cost: {
    readonly cpuMs: Range
    readonly wallMs: Range
    readonly memoryBytes: number
  }
  readonly warnings: readonly string[]
}

const DEVICES_PER_WORKER = 10_000

/** What a scenario will do, without doing it. */
export function planOf(scenario: Scenario): Plan {
  const { clock, population } = scenario
  const mode = clock.mode === 'virtual' ? 'virtual' : 'live'
  const timeline = timelineOf(scenario)
  const policies = policiesOf(scenario)
  const traffic = trafficOf(scenario, timeline, policies)
  const workers =
    scenario.workers ?? (mode === 'virtual' ? 1 : Math.max(1, Math.ceil(population.size / DEVICES_PER_WORKER)))
  const cpuMs = cpuOf(mode, managedCount(scenario), traffic)
  const wallMs = mode === 'virtual' ? cpuMs : times(timeline.lengthMs, 1 / clock.speed)
  const plan: Omit<Plan, 'warnings'> = {
    name: scenario.metadata.name,
    seed: scenario.seed,
    mode,
    speed: mode === 'virtual' ? undefined : clock.speed,
    throttling: scenario.graph.throttling,
    devices: population.size,
    managed: managedCount(scenario),
    users: userCount(scenario),
    workers,
    population: populationOf(scenario).groups.map((group) => ({
      name: group.name,
      platform: group.platform,
      mode: group.mode,
      ownership: enrolmentMode(group.platform, group.mode)?.ownership ?? 'unknown',
      behavior: population.mix.find(({ name }) => name === group.name)?.behavior,
      count: group.count,
    })),
    phases: timeline.phases.map((phase) => ({
      ...phase,
      wallMs: mode === 'virtual' ? undefined : times(phase.lengthMs, 1 / clock.speed),
    })),
    faults: timeline.faults,
    policies,
    traffic,
    simulatedMs: timeline.lengthMs,
    cost: { cpuMs, wallMs, memoryBytes: memoryOf(mode, population.size, workers) },
  }
  return { ...plan, warnings: warningsOf(scenario, plan) }
}

function cpuOf(mode: Plan['mode'], managed: number, { checkIns, reports, drifts }: Traffic): Range {
  const { enrolmentMs, checkInMs, reportMs, stepMs } = costs[mode]
  const startMs = mode === 'virtual' ? costs.virtual.startMs : 0
  const most = sumOf([
    exactly(startMs + managed * enrolmentMs),
    times(checkIns, checkInMs),
    times(reports, reportMs),
    times(drifts, stepMs),
  ])
  return between(most.least, most.most)
}

function memoryOf(mode: Plan['mode'], devices: number, workers: number): number {
  const { baseBytes, deviceBytes } = costs[mode]
  return baseBytes + devices * deviceBytes + (mode === 'live' ? workers * costs.live.workerBytes : 0)
}
