import { join } from 'node:path'
import { CodedError } from '@muster/shared/core'
import type { Scenario } from '@muster/shared/scenario'
import type { BaselineRun } from '../runner/judge-thresholds.ts'
import { dirOfRun, readRun, runsIn } from './runs.ts'

/**
 * The former run that a run is compared with, as its scenario or the flag wants it; nothing when neither does.
 * @throws CodedError `report/unreadable`, when the run that was named is not there or cannot be read
 */
export async function baselineOf(
  { metadata, outputs, clock }: Scenario,
  { baseline, out }: { readonly baseline?: string; readonly out: string },
): Promise<BaselineRun | undefined> {
  const wanted = baseline ?? outputs.baseline?.compareTo
  if (wanted === undefined) return undefined
  if (wanted !== 'last-passed') return { former: await readRun(dirOfRun(wanted, out)) }
  const mode = clock.mode === 'virtual' ? 'virtual' : 'live'
  for (const name of runsIn(out).toReversed()) {
    const former = await readRun(join(out, name)).catch((error: unknown) => {
      // A run of which nothing can be read is none to compare with.
      if (error instanceof CodedError) return undefined
      throw error
    })
    if (former?.verdict === 'passed' && former.scenario.name === metadata.name && former.mode === mode)
      return { former }
  }
  return { missing: `no run of ${metadata.name} has passed yet in ${out}: nothing to compare with` }
}
