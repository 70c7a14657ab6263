import type { Explanation, Quantiles, Stats } from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import type { Measured } from './measured.ts'
import type { MetricName } from './metrics.ts'
import type { WindowVerdict } from './windows.ts'

/** Everything a run leaves behind: what `result.json` holds and every report is made from. */
export interface RunResult {
  readonly version: 1
  readonly runId: string
  readonly scenario: {
    readonly name: string
    readonly description: string
    readonly file: string
    readonly tags: readonly string[]
  }
  readonly seed: string
  /** On real processes, or in a virtual world. */
  readonly mode: 'live' | 'virtual'
  readonly speed: number
  /** Of a virtual world: its whole history, event by event. The same seed and version give the same. */
  readonly replay?: { readonly events: number; readonly sha256: string }
  /** Product and environment: muster, node, nats-server versions, platform, cores. */
  readonly environment: Readonly<Record<string, string>>
  /** The command that repeats the run. */
  readonly command: string
  readonly verdict: Verdict
  readonly exitCode: number
  /** Why there is no end, where the run was killed and this was made from its event log. */
  readonly unfinished?: string
  readonly startedWallMs: EpochMs
  readonly endedWallMs: EpochMs
  readonly startedMs: EpochMs
  readonly endedMs: EpochMs
  readonly phases: readonly PhaseResult[]
  readonly faults: readonly Span[]
  readonly thresholds: readonly ExpectationResult[]
  readonly assertions: readonly ExpectationResult[]
  readonly invariants: readonly ExpectationResult[]
  /** Absent in results of former versions. */
  readonly metrics?: readonly MetricResult[]
  /** One sample a second (or more rarely in long runs), oldest first. */
  readonly timeline: readonly Sample[]
  readonly events: readonly RunEvent[]
  /** Counts at the end. */
  readonly final: Stats
  readonly policies: readonly PolicyResult[]
  /** Absent in results of former versions, as the next is. */
  readonly rollouts?: readonly RolloutResult[]
  /** Requests to Graph by route, the most frequent first. */
  readonly graphRoutes?: readonly GraphRouteResult[]
  readonly history: HistoryVerdict
  /** When the certificates of managed devices end, day by day (UTC); absent where nobody looked. */
  readonly certificateEnds?: readonly { readonly dayMs: EpochMs; readonly devices: number }[]
  /** The worst devices first; a sample of the rest. */
  readonly devices: readonly DeviceResult[]
  /** The scenario as it was resolved, defaults filled in, as YAML. */
  readonly resolvedYaml: string
}

export type Verdict = 'passed' | 'failed' | 'aborted' | 'invalid'

export interface Span {
  readonly name: string
  readonly kind: string
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
  readonly text: string
}

export interface PhaseResult {
  readonly name: string
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
  readonly outcome: 'done' | 'timed-out' | 'interrupted' | 'skipped'
  /** The condition that it waited for, and why it ended otherwise. */
  readonly text: string
}

/** A threshold, assertion or invariant, and what came of it. */
export interface ExpectationResult {
  readonly name: string
  readonly ok: boolean
  readonly expected: string
  readonly got: string
  readonly atMs: EpochMs
  /** Devices that broke it, at most 20, and where to look further. */
  readonly devices: readonly string[]
  /**
   * `not-reached`: the run ended before its moment came; not ok, and the reason is what ended the run. `not-measured`: it
   * says nothing in such a run, good or bad.
   */
  readonly outcome?: 'not-reached' | 'not-measured'
  /** Of a threshold over windows: how long they are, and how they fared. */
  readonly windowed?: WindowVerdict & { readonly windowMs: number }
  /** Measurements that were left out because of a fault. */
  readonly excluded?: number
  /** Of a comparison with a former run: both figures. */
  readonly baseline?: { readonly now: number; readonly was: number }
}

/** A metric over the whole run. */
export interface MetricResult {
  /** The metric; of what, where that is not all: `policy.time_to_applied of baseline`. */
  readonly name: string
  readonly metric: MetricName
  readonly measured: Measured
  /** A threshold is about it. */
  readonly thresholded: boolean
}

export interface Sample {
  readonly atMs: EpochMs
  readonly wallMs: EpochMs
  readonly online: number
  readonly enrolled: number
  readonly compliant: number
  readonly inGracePeriod: number
  readonly noncompliant: number
  readonly error: number
  readonly unknown: number
  readonly left: number
  readonly reportsCommitted: number
  readonly checkIns: number
  readonly certificatesActive: number
  /** So far, in all. */
  readonly certificatesIssued: number
  readonly certificatesRevoked: number
  readonly busConnected: boolean
  readonly lagP99Ms: number
  readonly controlRssBytes: number
  readonly workerRssBytes: number
}

export interface RunEvent {
  readonly atMs: EpochMs
  readonly what: string
  readonly text: string
}

export interface PolicyResult {
  readonly id: string
  readonly name: string
  readonly kind: 'compliance' | 'configuration'
  readonly platform: string
  readonly revision: number
  readonly states: Readonly<Record<string, number>>
  readonly appliedMs: Quantiles
  readonly committedMs: Quantiles
  /** Setting → state → devices, worst first. */
  readonly settings: readonly { readonly setting: string; readonly states: Readonly<Record<string, number>> }[]
}

/** A policy that was rolled out, ring by ring. */
export interface RolloutResult {
  readonly policy: string
  readonly state: 'running' | 'completed' | 'halted'
  readonly rings: readonly {
    readonly name: string
    readonly state: 'running' | 'passed' | 'halted'
    readonly fromMs: EpochMs
    /** Devices in it, those of the rings before among them. */
    readonly targeted: number
    /** Devices on which the current revision was carried out, and how long that took; simulated milliseconds. */
    readonly applied: number
    readonly p50: number
    readonly p95: number
    /** State of the policy → devices, at the end. */
    readonly states: Readonly<Record<string, number>>
    /** On how many it had been carried out by when. */
    readonly curve: readonly (readonly [atMs: EpochMs, devices: number])[]
  }[]
}

/** Requests to a route of Graph, with its method. */
export interface GraphRouteResult {
  readonly route: string
  readonly count: number
  /** Of them: 5xx, 429, and those of the runner without an answer. */
  readonly failed: number
  /** In the service, wall milliseconds; absent in virtual time. */
  readonly tookMs?: Quantiles
}

export interface HistoryVerdict {
  readonly ok: boolean
  readonly devices: number
  readonly sent: number
  readonly committed: number
  readonly lost: number
  readonly appliedTwice: number
  readonly problems: readonly string[]
}

export interface DeviceResult {
  readonly id: string
  readonly name: string
  readonly platform: string
  readonly model: string
  readonly osVersion: string
  readonly user: string
  readonly complianceState: string
  readonly lastSyncMs: EpochMs
  /** Why it is as it is; absent where the story is not told. */
  readonly explanation?: Explanation
  readonly trace: readonly RunEvent[]
}
