import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '@muster/shared/core'
import { identify } from '@muster/shared/runtime'
import { damaged, type Manifest, manifestText, parseManifest } from './manifest.ts'

/** Where snapshots lie that nothing else is said of. */
export const SNAPSHOT_DIR = '.muster/snapshots'

const MANIFEST = 'manifest.json'
const CHUNK_BYTES = 1_048_576

/** What is said of a snapshot besides its parts. */
type Described = Manifest extends infer M ? (M extends Manifest ? Omit<M, 'parts' | 'format' | 'name'> : never) : never

export interface NewSnapshot {
  /** Directory of all snapshots. */
  readonly root: string
  readonly name: string
  /** Take the place of one of the same name. */
  readonly replace: boolean
  /** Aborted: nothing is left of it. */
  readonly signal: AbortSignal
}

/** The directory of a snapshot. @throws CodedError `snapshot/bad-name` */
export function snapshotPath(root: string, name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/.test(name))
    throw new CodedError(
      'snapshot/bad-name',
      `${JSON.stringify(name)} is no name of a snapshot: letters, digits, dots and hyphens, at most 64, a letter or digit first`,
    )
  return join(root, name)
}

/**
 * Whether a snapshot can be saved under this name, before anything is done for it.
 * @throws CodedError `snapshot/bad-name`, `snapshot/exists`
 */
export function checkName({ root, name, replace }: Pick<NewSnapshot, 'root' | 'name' | 'replace'>): void {
  if (existsSync(snapshotPath(root, name)) && !replace)
    throw new CodedError(
      'snapshot/exists',
      `there is a snapshot ${name} already: add --replace, or choose another name`,
    )
}

/**
 * Write a snapshot, whole or not at all: `fill` puts its parts into an empty directory, which gets its name when all is on
 * the disk. For its owner only, because private keys are in it.
 * @throws CodedError `snapshot/bad-name`, `snapshot/exists`, `store/disk-full`, and what `fill` throws
 */
export async function writeSnapshot(wanted: NewSnapshot, fill: (dir: string) => Promise<Described>): Promise<Manifest> {
  const { root, name, signal } = wanted
  const path = snapshotPath(root, name)
  checkName(wanted)
  const draft = join(root, `.${process.pid}-${name}`)
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    removeDrafts(root)
    mkdirSync(draft, { mode: 0o700 })
    const described = await fill(draft)
    const parts = partsOf(draft)
    const manifest = { ...described, format: 1, name, parts } as Manifest
    writeFileSync(join(draft, MANIFEST), manifestText(manifest), { mode: 0o600, flag: 'wx', flush: true })
    signal.throwIfAborted()
    const before = `${draft}.before`
    if (existsSync(path)) renameSync(path, before)
    renameSync(draft, path)
    syncDirectory(root)
    rmSync(before, { recursive: true, force: true })
    return manifest
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true })
    if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause
    throw new CodedError('store/disk-full', `the disk that holds ${root} is full: free some space and try again`, {
      cause,
    })
  }
}

/**
 * A snapshot, seen to be as it was saved.
 * @throws CodedError `snapshot/bad-name`, `snapshot/not-found`, `snapshot/damaged`, `snapshot/newer-version`
 */
export function openSnapshot(root: string, name: string): { readonly dir: string; readonly manifest: Manifest } {
  const dir = snapshotPath(root, name)
  const manifest = readManifest(root, name)
  for (const { path, bytes, sha256 } of manifest.parts) {
    const found = digestOf(join(dir, path))
    if (!found) throw damaged(dir, `its part ${path} is missing`)
    if (found.bytes !== bytes || found.sha256 !== sha256)
      throw damaged(dir, `its part ${path} is not the one that was written`)
  }
  return { dir, manifest }
}

/** What is said of a snapshot; its parts are not looked at. */
export function readManifest(root: string, name: string): Manifest {
  const dir = snapshotPath(root, name)
  let text: string
  try {
    text = readFileSync(join(dir, MANIFEST), 'utf8')
  } catch (cause) {
    if (existsSync(dir)) throw damaged(dir, 'its manifest is missing')
    throw new CodedError('snapshot/not-found', `there is no snapshot ${name} in ${root}${known(root)}`, { cause })
  }
  return parseManifest(text, dir)
}

/** Names of the snapshots in a directory, sorted. */
export function snapshotNames(root: string): readonly string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
}

function known(root: string): string {
  const names = snapshotNames(root)
  return names.length === 0 ? '' : `; there are ${names.join(', ')}`
}

/** What processes have left behind that were killed. */
function removeDrafts(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = Number(/^\.(\d+)-/.exec(name)?.[1])
    if (pid > 0 && identify(pid) === undefined) rmSync(join(root, name), { recursive: true, force: true })
  }
}

function partsOf(dir: string): Manifest['parts'] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1)).sort()
  return paths.map((path) => {
    const digest = digestOf(join(dir, path), true)
    if (!digest) throw new Error(`${path} has gone while it was saved`)
    return { path, ...digest }
  })
}

/** Size and digest of a file; `sync`: and all of it is on the disk. */
function digestOf(path: string, sync = false): { readonly bytes: number; readonly sha256: string } | undefined {
  if (!existsSync(path) || !statSync(path).isFile()) return undefined
  const file = openSync(path, sync ? 'r+' : 'r')
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let bytes = 0
  try {
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read))
      bytes += read
    }
    if (sync) fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return { bytes, sha256: hash.digest('hex') }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
