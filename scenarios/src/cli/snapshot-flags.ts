import { CodedError } from '@muster/shared/core'
import type { RunResult, Scenario } from '@muster/shared/scenario'
import { type Command, Option } from 'commander'
import { type RunOptions, runScenario } from '../runner/run.ts'
import { readManifest, SNAPSHOT_DIR } from '../snapshot/folder.ts'
import { openPutDown, runThroughSnapshot } from '../snapshot/virtual.ts'
import type { ScenarioFlags } from './run-flags.ts'
import { VERSION } from './version.ts'

/** Where a run begins, and where it is put down on its way. */
export interface SnapshotFlags {
  readonly snapshots: string
  readonly from?: string
  readonly snapshotAfter?: string
  readonly to?: string
  readonly replace?: boolean
}

export const snapshotsOption = (): Option =>
  new Option('--snapshots <dir>', 'where snapshots are kept').default(SNAPSHOT_DIR)

export const withSnapshotOptions = (command: Command): Command =>
  command
    .option('--from <snapshot>', 'go on from a snapshot of a virtual world, with the phases after it')
    .option('--snapshot-after <phase>', 'save a snapshot of the virtual world at the end of a phase, and go on from it')
    .option('--to <name>', 'with --snapshot-after: name of the snapshot (default: <scenario>-<phase>)')
    .option('--replace', 'with --snapshot-after: take the place of a snapshot of that name')
    .addOption(snapshotsOption())

/** A run from a snapshot is virtual, and has the snapshot's seed where no other is asked for. @throws CodedError */
export function flagsFrom<Flags extends ScenarioFlags & SnapshotFlags>(flags: Flags): Flags {
  const { from, speed, snapshots } = flags
  if (from === undefined) return flags
  if (speed !== undefined && speed !== 'virtual')
    throw new CodedError('cli/usage', '--from goes on in a virtual world: leave --speed out')
  const manifest = readManifest(snapshots, from)
  return { ...flags, speed: 'virtual', seed: flags.seed ?? (manifest.mode === 'virtual' ? manifest.seed : undefined) }
}

/** Run to the verdict, from a snapshot and through one as the flags say. */
export async function runWithSnapshots(options: RunOptions, flags: SnapshotFlags): Promise<RunResult> {
  const { from, snapshotAfter, snapshots } = flags
  const { scenario, signal } = options
  const before = from === undefined ? undefined : openPutDown(snapshots, from, scenario)
  const whole = before ? { ...options, before } : options
  if (snapshotAfter === undefined) return runScenario(whole)
  return runThroughSnapshot(whole, {
    root: snapshots,
    name: flags.to ?? nameOf(scenario, snapshotAfter),
    replace: flags.replace === true,
    signal,
    phase: snapshotAfter,
    muster: VERSION,
  })
}

export const nameOf = ({ metadata }: Scenario, phase: string): string => `${metadata.name}-${phase}`
