import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '@muster/shared/core'
import type { RunResult, Scenario } from '@muster/shared/scenario'
import { stringify } from 'yaml'
import { type PutDown, type RunOptions, runPart, runScenario } from '../runner/run.ts'
import { RunSoFar } from '../runner/run-so-far.ts'
import { takeUp } from '../world/world-image.ts'
import { checkName, type NewSnapshot, openSnapshot, writeSnapshot } from './folder.ts'
import { damaged, type Manifest, type VirtualManifest } from './manifest.ts'
import { checkSamePast } from './same-past.ts'

const RUN_PART = 'run.json'

/** Which phase a snapshot is to be taken after, and where it goes. */
export interface SnapshotAfter extends NewSnapshot {
  readonly phase: string
  /** Version of this Muster. */
  readonly muster: string
}

/** A virtual run to its verdict, or to the snapshot. */
export type Saved = { readonly manifest: Manifest } | { readonly result: RunResult }

/**
 * Run a scenario in a virtual world to the end of a phase, and put everything down. A run that does not get so far comes to
 * its verdict.
 * @throws CodedError `snapshot/…`, and what `runScenario` throws
 */
export async function saveAfterPhase(options: RunOptions, after: SnapshotAfter): Promise<Saved> {
  const { scenario, file } = options
  checkPossible(scenario, after)
  let manifest: Manifest | undefined
  const part = await runPart(options, {
    phase: after.phase,
    putDown: async (soFar, save) => {
      manifest = await writeSnapshot(after, async (dir) => {
        const { atMs } = await save(dir)
        writeFileSync(join(dir, RUN_PART), JSON.stringify(soFar), { mode: 0o600, flag: 'wx' })
        return {
          mode: 'virtual',
          muster: after.muster,
          savedAtWallMs: Date.now(),
          atMs,
          devices: soFar.counts.devices,
          seed: scenario.seed,
          phase: after.phase,
          scenario: { name: scenario.metadata.name, file, sha256: sha256Of(scenario), resolved: scenario },
        }
      })
    },
  })
  if ('result' in part) return part
  if (!manifest) throw new Error('a run that was put down has a snapshot')
  return { manifest }
}

/**
 * Run a scenario to its verdict, and on the way through a snapshot: it goes on from what was saved, as every other run from
 * that snapshot does.
 * @throws CodedError as `saveAfterPhase`
 */
export async function runThroughSnapshot(options: RunOptions, after: SnapshotAfter): Promise<RunResult> {
  const saved = await saveAfterPhase(options, after)
  if ('result' in saved) return saved.result
  const before = openPutDown(after.root, after.name, options.scenario)
  return runScenario({ ...options, before, sameLog: true })
}

/**
 * What a run goes on from: a snapshot of a virtual world, for a scenario with the same past.
 * @throws CodedError `snapshot/…`
 */
export function openPutDown(root: string, name: string, scenario?: Scenario): PutDown & { manifest: VirtualManifest } {
  const { dir, manifest } = openSnapshot(root, name)
  if (manifest.mode !== 'virtual')
    throw new CodedError(
      'snapshot/wrong-mode',
      `${name} is a live Muster: \`muster snapshot restore ${name} --data DIR\` puts it into a directory`,
    )
  const broken = (part: string, why: string): CodedError => damaged(join(dir, part), why)
  const soFar = RunSoFar.safeParse(JSON.parse(readFileSync(join(dir, RUN_PART), 'utf8')))
  if (!soFar.success) throw broken(RUN_PART, soFar.error.message)
  // It was a scenario when it was written, and is what was written.
  const before = manifest.scenario.resolved as unknown as Scenario
  const done = soFar.data.phases.map((phase) => phase.name)
  if (scenario) checkSamePast(scenario, before, done)
  return { manifest, scenario: before, soFar: soFar.data, image: takeUp(dir, broken) }
}

function checkPossible(scenario: Scenario, after: SnapshotAfter): void {
  if (scenario.clock.mode !== 'virtual')
    throw new CodedError(
      'snapshot/wrong-mode',
      'a snapshot between two phases is of a virtual world: add --speed virtual. A live Muster is saved with `muster snapshot save --data DIR`',
    )
  const names = scenario.phases.map(({ name }) => name)
  if (!names.includes(after.phase))
    throw new CodedError('cli/usage', `there is no phase ${after.phase}: the scenario has ${names.join(', ')}`)
  checkName(after)
}

const sha256Of = (scenario: Scenario): string => createHash('sha256').update(stringify(scenario)).digest('hex')
