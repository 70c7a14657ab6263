import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { openSqliteStore } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import { acquireLock, isRunning, type ProcessIdentity } from '@muster/shared/runtime'
import { z } from 'zod'
import { STORE_PART } from '../world/world-image.ts'
import { checkName, type NewSnapshot, openSnapshot, writeSnapshot } from './folder.ts'
import { damaged, type Manifest } from './manifest.ts'
import { atStandstill, type RunningParts } from './standstill.ts'

const DATA_PART = 'data'
const CONTROL = 'control'
const STORE_FILE = join(CONTROL, 'muster.db')
const CLOCK_FILE = 'clock.json'

/** What belongs to one start alone, and what the next makes anew: locks, addresses, logs, the clock, the open store. */
const passing =
  /^logs\/|\.lock$|^(stack\.pid|worker\.json|clock\.json)$|^control\/(connection\.json|muster\.db.*)$|^nats\/(ports\/.*|nats\.(log|conf|json))$/

/** Every process that may write to a data directory notes itself in one of these. */
const Holder = z.object({ pid: z.number(), startedAt: z.string() })
const Note = z.union([Holder, z.object({ holder: Holder, note: Holder.optional() })])
const Clock = z.object({ originWallMs: z.number(), originMs: z.number(), speed: z.number() })

/**
 * Save the Muster of a data directory, whether it is down or runs; one that runs comes to rest for it, and goes on. What it
 * had not finished is in its files, and so in the snapshot: what devices had told in the journals of the fleets, and of one
 * that is down reports in the broker's store and messages in the outbox.
 * @throws CodedError `snapshot/running`, `snapshot/not-at-rest`, `snapshot/…`, `cli/usage`
 */
export async function saveLive(data: string, wanted: NewSnapshot & { readonly muster: string }): Promise<Manifest> {
  const dataDir = resolve(data)
  if (!existsSync(join(dataDir, STORE_FILE)))
    throw new CodedError('cli/usage', `${data} holds no Muster: name its directory with --data, or a scenario to run`)
  checkName(wanted)
  const parts = runningParts(dataDir, data)
  if (parts)
    return writeSnapshot(wanted, (dir) => atStandstill(dataDir, parts, () => copyMuster(dataDir, dir, wanted.muster)))
  const lock = acquireLock(join(dataDir, CONTROL, 'control.lock'), 'the control service of this directory')
  try {
    return await writeSnapshot(wanted, (dir) => copyMuster(dataDir, dir, wanted.muster))
  } finally {
    lock.release()
  }
}

async function copyMuster(dataDir: string, dir: string, muster: string) {
  const store = openSqliteStore(join(dataDir, STORE_FILE))
  try {
    const atMs = clockOf(dataDir)
    await store.saveTo(join(dir, STORE_PART))
    copyTree(dataDir, join(dir, DATA_PART), (path) => !passing.test(path))
    const devices = await store.devices.count()
    return { mode: 'live', muster, savedAtWallMs: Date.now(), atMs, devices } as const
  } finally {
    await store.close()
  }
}

/**
 * Put a Muster that was saved into an empty directory, whole or not at all. Its clock goes on from the moment at which it
 * was saved.
 * @throws CodedError `snapshot/…`, `cli/file-exists`
 */
export function restoreLive(root: string, name: string, data: string): Manifest {
  const { dir, manifest } = openSnapshot(root, name)
  if (manifest.mode !== 'live')
    throw new CodedError(
      'snapshot/wrong-mode',
      `${name} is a virtual world: \`muster snapshot restore ${name}\` goes on with it, without --data`,
    )
  const dataDir = resolve(data)
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new CodedError('cli/file-exists', `${data} is not empty: a snapshot is restored into a new directory`)
  const draft = `${dataDir}.${process.pid}`
  try {
    copyTree(join(dir, DATA_PART), draft, () => true)
    copyFileSync(join(dir, STORE_PART), join(draft, STORE_FILE))
    chmodSync(join(draft, STORE_FILE), 0o600)
    const clock = { originWallMs: Date.now(), originMs: manifest.atMs, speed: 1 }
    writeFileSync(join(draft, CLOCK_FILE), JSON.stringify(clock), { mode: 0o600 })
    if (existsSync(dataDir)) rmdirSync(dataDir)
    renameSync(draft, dataDir)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
  return manifest
}

/**
 * The parts of the Muster that runs on a directory; nothing when it is down.
 * @throws CodedError `snapshot/running` when only some of them run
 */
function runningParts(dataDir: string, data: string): RunningParts | undefined {
  const notes = filesOf(dataDir).filter((path) => path === 'stack.pid' || path.endsWith('.lock'))
  const running = new Map(notes.map((path) => [path, processesIn(join(dataDir, path)).filter(isRunning)]))
  const [path, some] = [...running].find(([, processes]) => processes.length > 0) ?? []
  if (path === undefined) return undefined
  const stack = running.get('stack.pid')?.[0]
  const control = running.get(join(CONTROL, 'control.lock'))?.[0]
  if (!stack || !control)
    throw new CodedError(
      'snapshot/running',
      `a part of a Muster runs on ${data} (process ${some?.[0]?.pid}, ${path}), and not the whole: end it with \`muster down --data ${data}\`, then save it`,
    )
  const workers = [...running].flatMap(([name, processes]) => (name.startsWith('fleets/') ? processes : []))
  const broker = running.get(join('nats', 'nats.lock'))?.find(({ pid }) => pid !== stack.pid)
  return { stack, workers, control, broker }
}

function processesIn(path: string): readonly ProcessIdentity[] {
  const note = Note.safeParse(jsonOf(path))
  if (!note.success) return []
  return 'holder' in note.data ? [note.data.holder, ...(note.data.note ? [note.data.note] : [])] : [note.data]
}

/** Simulated time of a data directory by now: it goes on while nobody is there. */
function clockOf(dataDir: string): number {
  const clock = Clock.safeParse(jsonOf(join(dataDir, CLOCK_FILE)))
  if (!clock.success) throw damaged(join(dataDir, CLOCK_FILE), 'it is not the clock of a Muster')
  const { originMs, originWallMs, speed } = clock.data
  return Math.floor(originMs + (Date.now() - originWallMs) * speed)
}

/** Copy files, for their owner only. */
function copyTree(from: string, to: string, wanted: (path: string) => boolean): void {
  mkdirSync(to, { recursive: true, mode: 0o700 })
  for (const path of filesOf(from).filter(wanted)) {
    const target = join(to, path)
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    copyFileSync(join(from, path), target)
    chmodSync(target, 0o600)
  }
}

const filesOf = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(dir, join(parentPath, name)))
    .sort()

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
