import type { HistoryEntry, HistoryPage } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { RunEvent, Scenario, ScenarioPolicy, Span } from '@muster/shared/scenario'
import type { HttpClient } from '../client/http-client.ts'
import type { Observer } from './observer.ts'

/** What the runner may do to the stack besides what goes through its public doors: break it. */
export interface Breaker {
  killBroker(downMs: number): Promise<void>
  killControl(): Promise<void>
}

/** Everything that a run's parts share. */
export interface RunContext {
  readonly scenario: Scenario
  readonly client: HttpClient
  readonly observer: Observer
  readonly breaker: Breaker
  readonly signal: AbortSignal
  /** Scenario id → Graph id. */
  readonly policyIds: Map<string, string>
  readonly groupIds: Map<string, string>
  readonly filterIds: Map<string, string>
  /** Settings of policies that a step has changed, by scenario id. */
  readonly settingsNow: Map<string, ScenarioPolicy['settings']>
  readonly events: RunEvent[]
  readonly faults: Span[]
  counts: { brokerKills: number /** Devices that were made. */; devices: number }
  /** Simulated milliseconds. */
  nowMs(): number
  note(what: string, text: string): void
}

/** Wait for simulated time, or until the run is interrupted. */
export async function sleep(context: Pick<RunContext, 'scenario' | 'signal'>, simulatedMs: number): Promise<void> {
  const wallMs = simulatedMs / context.scenario.clock.speed
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, wallMs)
    function done(): void {
      clearTimeout(timer)
      context.signal.removeEventListener('abort', done)
      resolve()
    }
    context.signal.addEventListener('abort', done, { once: true })
    if (context.signal.aborted) done()
  })
  context.signal.throwIfAborted()
}

/** Why the run does not go on, in words. */
export const interruptionOf = ({ signal }: Pick<RunContext, 'signal'>): string =>
  signal.reason instanceof CodedError ? signal.reason.message : 'the run was interrupted'

/** What the devices themselves say they have sent; each with its key, from which its part of the population follows. */
export async function sentHistory(client: HttpClient): Promise<readonly HistoryEntry[]> {
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
