import { resolve } from 'node:path'
import { CodedError } from '@muster/shared/core'
import { formatDuration, formatProblem } from '@muster/shared/scenario'
import type { Command } from 'commander'
import { diffSnapshots, type SnapshotDiff } from '../snapshot/diff.ts'
import { readManifest, snapshotNames } from '../snapshot/folder.ts'
import { restoreLive, saveLive } from '../snapshot/live.ts'
import type { Manifest } from '../snapshot/manifest.ts'
import { openPutDown, saveAfterPhase } from '../snapshot/virtual.ts'
import { DATA_DIR } from './data-directory.ts'
import { abortOnSignal } from './interrupt.ts'
import { readScenario } from './read-scenario.ts'
import { renderRecords } from './records.ts'
import { type RunFlags, runToVerdict, withOutputOptions } from './run.ts'
import { adjusted, commandOf, type ScenarioFlags } from './run-flags.ts'
import { flagsFrom, nameOf, snapshotsOption } from './snapshot-flags.ts'
import { VERSION } from './version.ts'

interface SaveFlags extends ScenarioFlags {
  readonly snapshots: string
  readonly after?: string
  readonly to?: string
  readonly data: string
  readonly replace?: boolean
  readonly json?: boolean
}

/** Devices that a difference names; `--json` has all. */
const DEVICES_SHOWN = 50

/** `snapshot save | restore | list | diff`. */
export function addSnapshot(program: Command): void {
  const snapshot = program.command('snapshot').description('put a Muster or a virtual world down, and go on from it')
  snapshot
    .command('save')
    .description('save a virtual world at the end of a phase, or the Muster of a data directory')
    .argument('[scenario]', 'scenario file to run in a virtual world; without one the Muster of --data is saved')
    .option('--after <phase>', 'with a scenario: the phase to save after (default: the first)')
    .option('--to <name>', 'name of the snapshot (default: <scenario>-<phase>, or the time)')
    .option('--replace', 'take the place of a snapshot of that name')
    .option('--seed <seed>', 'another seed than the scenario has')
    .option('--scale <factor>', 'multiply the size of the population')
    .option('--data <dir>', 'data directory of the Muster', DATA_DIR)
    .option('--json', 'print what was saved as JSON')
    .addOption(snapshotsOption())
    .action(save)
  const restore = snapshot
    .command('restore')
    .description('go on from a snapshot: a virtual world to its verdict, a Muster in a new directory')
    .argument('<name>', 'name of the snapshot')
    .argument('[scenario]', 'scenario file whose later phases are run (default: the one it was saved from)')
    .option('--data <dir>', 'of a Muster that was saved: the new directory, for `muster up`')
    .option('--seed <seed>', 'another seed, and so another future')
    .option('--chaos [every]', 'faults by chance, so often on average (30m)')
    .addOption(snapshotsOption())
  withOutputOptions(restore).action(restoreFrom)
  snapshot
    .command('list')
    .description('the snapshots there are')
    .option('--json', 'as JSON')
    .addOption(snapshotsOption())
    .action(({ snapshots, json }: { snapshots: string; json?: boolean }) => list(snapshots, json === true))
  snapshot
    .command('diff')
    .description('how the devices of two snapshots differ: compliance, policies, certificates')
    .argument('<a>')
    .argument('<b>')
    .option('--json', 'as JSON, with every device')
    .addOption(snapshotsOption())
    .action(async (a: string, b: string, { snapshots, json }: { snapshots: string; json?: boolean }) => {
      const diff = await diffSnapshots(resolve(snapshots), a, b)
      process.stdout.write(json ? `${JSON.stringify(diff, null, 2)}\n` : diffText(diff))
    })
}

async function save(file: string | undefined, flags: SaveFlags): Promise<void> {
  const stop = new AbortController()
  const release = abortOnSignal(stop)
  try {
    const manifest =
      file === undefined ? await saveData(flags, stop.signal) : await saveScenario(file, flags, stop.signal)
    if (manifest) process.stdout.write(flags.json ? `${JSON.stringify(rowOf(manifest))}\n` : savedText(manifest, flags))
    else process.exitCode = 3
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.stderr.write('muster: interrupted, nothing was saved\n')
    process.exitCode = 130
  } finally {
    release()
  }
}

const saveData = (flags: SaveFlags, signal: AbortSignal): Promise<Manifest> =>
  saveLive(flags.data, {
    root: resolve(flags.snapshots),
    name: flags.to ?? new Date().toISOString().replace(/[:]|\.\d+Z/g, ''),
    replace: flags.replace === true,
    signal,
    muster: VERSION,
  })

async function saveScenario(file: string, flags: SaveFlags, signal: AbortSignal): Promise<Manifest | undefined> {
  const read = readScenario(file)
  if (!read.ok) {
    for (const problem of read.problems) process.stderr.write(`${formatProblem(problem)}\n`)
    return undefined
  }
  const virtual = { ...flags, speed: 'virtual' }
  const scenario = adjusted(read.scenario, virtual)
  const phase = flags.after ?? scenario.phases[0]?.name ?? ''
  const saved = await saveAfterPhase(
    {
      scenario,
      file,
      runId: 'snapshot',
      command: commandOf(file, scenario.seed, virtual),
      dataDir: '',
      env: process.env,
      logLevel: 'warn',
      signal,
      onNote: (_, what, text) => {
        if (!flags.json && what === 'phase') process.stderr.write(`${text}\n`)
      },
    },
    {
      root: resolve(flags.snapshots),
      name: flags.to ?? nameOf(scenario, phase),
      replace: flags.replace === true,
      signal,
      phase,
      muster: VERSION,
    },
  )
  if ('manifest' in saved) return saved.manifest
  signal.throwIfAborted()
  const failed = saved.result.phases.find(({ outcome }) => outcome !== 'done')
  throw new CodedError(
    'snapshot/not-reached',
    `${phase} was not reached: ${failed?.name ?? 'a phase'} ${failed?.outcome ?? 'failed'}, ${failed?.text ?? ''}`,
  )
}

async function restoreFrom(
  name: string,
  file: string | undefined,
  given: RunFlags & { readonly data?: string },
): Promise<void> {
  const snapshots = resolve(given.snapshots)
  if (given.data !== undefined) {
    restoreLive(snapshots, name, given.data)
    process.stdout.write(`${name} is in ${given.data}: \`muster up --data ${given.data}\` goes on with it\n`)
    return
  }
  const flags = flagsFrom({ ...given, snapshots, from: name })
  const read = file === undefined ? undefined : readScenario(file)
  if (read && !read.ok) {
    for (const problem of read.problems) process.stderr.write(`${formatProblem(problem)}\n`)
    process.exitCode = 3
    return
  }
  const { manifest, scenario } = openPutDown(snapshots, name)
  process.exitCode = await runToVerdict(
    adjusted(read?.scenario ?? scenario, flags),
    file ?? manifest.scenario.file,
    flags,
  )
}

const COLUMNS = ['name', 'scenario', 'phase', 'simulated', 'devices', 'size', 'age'] as const

/** A snapshot in a list. */
function rowOf(manifest: Manifest): Readonly<Record<string, unknown>> {
  const { name, mode, atMs, devices, parts, savedAtWallMs, muster } = manifest
  const virtual = manifest.mode === 'virtual' ? manifest : undefined
  return {
    name,
    mode,
    scenario: virtual?.scenario.name ?? null,
    phase: virtual?.phase ?? null,
    seed: virtual?.seed ?? null,
    simulated: new Date(atMs).toISOString(),
    devices,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    savedAt: new Date(savedAtWallMs).toISOString(),
    muster,
  }
}

function list(snapshots: string, json: boolean): void {
  const root = resolve(snapshots)
  const rows = snapshotNames(root).map((name) => {
    try {
      return rowOf(readManifest(root, name))
    } catch (error) {
      // One that cannot be read must not hide the others.
      if (!(error instanceof CodedError)) throw error
      return { name, error: error.code }
    }
  })
  if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
  else if (rows.length === 0) process.stdout.write(`there are no snapshots in ${snapshots}\n`)
  else process.stdout.write(renderRecords(rows.map(shown), COLUMNS, 'table'))
}

const shown = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  'error' in row
    ? { name: row['name'], scenario: row['error'] }
    : {
        ...row,
        scenario: row['scenario'] ?? '(live)',
        size: `${(Number(row['bytes']) / 1e6).toFixed(1)} MB`,
        age: formatDuration(Math.round((Date.now() - Date.parse(String(row['savedAt']))) / 1_000) * 1_000),
      }

function savedText({ name, mode, devices, atMs }: Manifest, { snapshots }: SaveFlags): string {
  const further = mode === 'live' ? `muster snapshot restore ${name} --data DIR` : `muster snapshot restore ${name}`
  return `saved ${name} in ${snapshots}: ${devices} devices at ${new Date(atMs).toISOString()}, with their private keys\n${further} goes on from it\n`
}

function diffText({ a, b, devices, onlyInA, onlyInB }: SnapshotDiff): string {
  const names = [...new Set([...Object.keys(a.counts), ...Object.keys(b.counts)])].sort()
  const counts = [
    { what: 'simulated time', [a.name]: new Date(a.atMs).toISOString(), [b.name]: new Date(b.atMs).toISOString() },
    ...names.map((what) => ({ what, [a.name]: a.counts[what] ?? 0, [b.name]: b.counts[what] ?? 0 })),
  ]
  const lines = devices
    .slice(0, DEVICES_SHOWN)
    .flatMap(({ device, platform, serialNumber, changes }) => [
      `${device} (${platform}, ${serialNumber})`,
      ...changes.map((change) => `  ${change.what}: ${change.a} → ${change.b}`),
    ])
  const more = devices.length > DEVICES_SHOWN ? [`… and ${devices.length - DEVICES_SHOWN} more; --json has all`] : []
  const only = (name: string, list: readonly string[]): string[] =>
    list.length === 0 ? [] : [`only in ${name}: ${list.slice(0, DEVICES_SHOWN).join(', ')}`]
  const columns = ['what', ...new Set([a.name, b.name])]
  const text = [
    renderRecords(counts, columns, 'table'),
    `${devices.length} devices differ`,
    ...lines,
    ...more,
    ...only(a.name, onlyInA),
    ...only(b.name, onlyInB),
  ]
  return `${text.join('\n')}\n`
}
