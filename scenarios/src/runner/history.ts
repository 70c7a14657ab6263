import type { CommittedEntry, CommittedPage } from '@muster/shared/contracts'
import { pause } from '@muster/shared/core'
import { checkHistory, type HistoryVerdict } from '@muster/shared/scenario'
import type { MusterClient } from '../client/muster-client.ts'
import { type RunContext, sentHistory } from './context.ts'
import type { Stage } from './stage.ts'

/** Let what is under way arrive, then hold what was sent against what is committed. */
export async function historyVerdict({
  stage: { client, clock, lookAgainMs, patienceMs },
  counts,
  signal,
}: Pick<RunContext, 'counts' | 'signal'> & {
  readonly stage: Pick<Stage, 'client' | 'clock' | 'lookAgainMs' | 'patienceMs'>
}): Promise<HistoryVerdict> {
  const sinceMs = clock.nowMs()
  for (;;) {
    const verdict = checkHistory(await sentHistory(client), await committedHistory(client), counts.devices)
    const waitedMs = clock.nowMs() - sinceMs
    if (verdict.ok || signal.aborted || waitedMs >= patienceMs('reports')) return verdict
    await pause(clock, lookAgainMs(waitedMs))
  }
}

/** What the store holds of each device's reports. */
export async function committedHistory(client: MusterClient): Promise<readonly CommittedEntry[]> {
  const all: CommittedEntry[] = []
  for (let after = ''; ; ) {
    const page = (await client.call('GET', `/_muster/history/committed?after=${after}`)) as CommittedPage
    all.push(...page.entries)
    if (page.next === undefined) return all
    after = page.next
  }
}
