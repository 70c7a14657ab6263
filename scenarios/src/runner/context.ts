import type { HistoryEntry, HistoryPage } from '@muster/shared/contracts'
import { CodedError, type EpochMs } from '@muster/shared/core'
import type { RunEvent, Scenario, ScenarioPolicy, Span } from '@muster/shared/scenario'
import type { MusterClient } from '../client/muster-client.ts'
import type { RunRecord } from '../event-log/record-run.ts'
import type { Trouble } from './fault-timeline.ts'
import type { Measuring } from './measuring.ts'
import type { Observer } from './observer.ts'
import type { Stage } from './stage.ts'

/** Everything that a run's parts share. */
export interface RunContext {
  readonly scenario: Scenario
  readonly stage: Stage
  /** The stage's; patient while faults of the scenario keep it from being answered. */
  readonly client: MusterClient
  readonly observer: Observer
  readonly signal: AbortSignal
  /** Scenario id → Graph id. */
  readonly policyIds: Map<string, string>
  readonly groupIds: Map<string, string>
  readonly filterIds: Map<string, string>
  /** Settings of policies that a step has changed, by scenario id. */
  readonly settingsNow: Map<string, ScenarioPolicy['settings']>
  readonly events: RunEvent[]
  /** Where the run is written down as it goes. */
  readonly record: RunRecord
  readonly faults: Span[]
  /** Phases that have begun, with when they ended. */
  readonly phaseSpans: { readonly name: string; readonly fromMs: EpochMs; toMs?: EpochMs }[]
  /** Rollouts that have begun, by policy. */
  readonly rollouts: Map<string, Rollout>
  readonly measuring: Measuring
  readonly trouble: Trouble
  readonly startedMs: EpochMs
  counts: { brokerKills: number /** Devices that were made. */; devices: number }
  /** Simulated milliseconds. */
  nowMs(): number
  note(what: string, text: string): void
}

/** A rollout so far, and who is in its rings. */
export interface Rollout {
  state: 'running' | 'completed' | 'halted'
  readonly rings: Map<
    string,
    { state: 'running' | 'passed' | 'halted'; readonly fromMs: EpochMs; readonly members: ReadonlySet<string> }
  >
}

/** Wait for simulated time, or until the run is interrupted. */
export async function sleep(
  { stage: { clock }, signal }: Pick<RunContext, 'stage' | 'signal'>,
  simulatedMs: number,
): Promise<void> {
  signal.throwIfAborted()
  const over = Promise.withResolvers<void>()
  const timer = clock.at(clock.nowMs() + simulatedMs, over.resolve)
  const interrupted = (): void => over.resolve()
  signal.addEventListener('abort', interrupted, { once: true })
  await over.promise
  signal.removeEventListener('abort', interrupted)
  timer.cancel()
  signal.throwIfAborted()
}

/** Why the run does not go on, in words. */
export const interruptionOf = ({ signal }: Pick<RunContext, 'signal'>): string =>
  signal.reason instanceof CodedError ? signal.reason.message : 'the run was interrupted'

/** What the devices themselves say they have sent; each with its key, from which its part of the population follows. */
export async function sentHistory(client: MusterClient): Promise<readonly HistoryEntry[]> {
  const all: HistoryEntry[] = []
  let after: string | undefined = ''
  while (after !== undefined) {
    const page = (await client.call('GET', `/_muster/history/sent?after=${encodeURIComponent(after)}`)) as HistoryPage
    all.push(...page.entries)
    after = page.next
  }
  return all
}

/** The part of the population that a device key belongs to: `win-laptops-00042` → `win-laptops`. */
export const partOf = (deviceKey: string): string => deviceKey.replace(/-\d+$/, '')
