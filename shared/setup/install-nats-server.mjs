// @ts-check
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheDir, cachedNatsServer, NATS_VERSION, resolveNatsServer } from './nats-server.mjs'

/** Where releases are, unless a mirror is named, and what is asked of a download. */
const RELEASES = 'https://github.com/nats-io/nats-server/releases/download'
const DOWNLOAD_BYTES_MAX = 64 * 1_048_576
const DOWNLOAD_TIMEOUT_MS = 120_000

const DRAFT = 'draft-'

/** @typedef {import('./steps.mjs').Steps} Steps */
/** @typedef {Record<string, string | undefined>} Env */

/** A system's package manager is interrupted, never cut. */
const PACKAGES_GRACE_MS = 60_000

/**
 * Get a nats-server: by the Go toolchain, else from the system's packages, else a release whose checksum is checked. The
 * first way that works is taken; when none does, the error lists them all.
 *
 * @param {Steps} steps
 * @param {Env} env
 */
export async function installNatsServer(steps, env) {
  removeDrafts()
  const failures = []
  for (const way of [byGo, byPackages, byRelease]) {
    try {
      if (await way(steps, env)) {
        if (resolveNatsServer({ env })) return
        failures.push('what was installed does not run here')
      }
    } catch (error) {
      steps.signal.throwIfAborted()
      failures.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
    }
  }
  const tried = failures.join('; ') || 'no way to get it is open here'
  throw new Error(`there is no nats-server, and it could not be had (${tried}). Any one of these gets it:
  go install github.com/nats-io/nats-server/v2@v${NATS_VERSION}
      with Go, and its bin directory on the PATH
  apt-get install nats-server (Debian, Ubuntu), apk add nats-server (Alpine)
      as root
  brew install nats-server
      on macOS
  ${releasesOf(env)}/${archiveName() ?? ''}
      unpacked, and MUSTER_NATS_BIN set to the binary in it
  MUSTER_NATS_URL=nats://user:password@host:4222
      a server with JetStream that runs already`)
}

/** @param {string} command @param {Env} env */
const has = (command, env) => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore', env }).status === 0

/** @param {Env} env */
const releasesOf = (env) => `${env['MUSTER_NATS_RELEASES'] ?? RELEASES}/v${NATS_VERSION}`

/** @param {Steps} steps @param {Env} env */
async function byGo(steps, env) {
  if (!has('go', env)) return false
  return inDraft(async (draft) => {
    await steps.run({
      name: `nats-server ${NATS_VERSION} (go install)`,
      file: 'go',
      args: ['install', `github.com/nats-io/nats-server/v2@v${NATS_VERSION}`],
      // Its scratch files go with the draft, also when it is cut off.
      env: { ...env, GOBIN: draft, GOTMPDIR: draft, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
    })
    return join(draft, 'nats-server')
  })
}

/** @param {Steps} steps @param {Env} env */
async function byPackages(steps, env) {
  const isRoot = process.getuid?.() === 0
  const graceMs = PACKAGES_GRACE_MS
  if (has('apt-get', env) && isRoot) {
    const script = 'apt-get update -qq; apt-get install -y -qq --no-install-recommends nats-server'
    const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
    await steps.run({ name: 'nats-server (apt-get)', file: 'sh', args: ['-c', script], env: quiet, graceMs })
    return true
  }
  if (has('apt-get', env) && has('dpkg', env))
    return inDraft(async (draft) => {
      const script = `cd "${draft}" && apt-get download nats-server && dpkg -x nats-server_*.deb unpacked`
      await steps.run({ name: 'nats-server (apt-get download)', file: 'sh', args: ['-c', script], env })
      return join(draft, 'unpacked', 'usr', 'sbin', 'nats-server')
    })
  if (has('brew', env)) {
    await steps.run({ name: 'nats-server (brew)', file: 'brew', args: ['install', 'nats-server'], env, graceMs })
    return true
  }
  if (has('apk', env) && isRoot) {
    await steps.run({ name: 'nats-server (apk)', file: 'apk', args: ['add', 'nats-server'], env, graceMs })
    return true
  }
  return false
}

/** The release's archive for this machine, if there is one. */
function archiveName() {
  const arch = /** @type {Record<string, string>} */ ({ x64: 'amd64', arm64: 'arm64' })[process.arch]
  const system = /** @type {Record<string, string>} */ ({ linux: 'linux', darwin: 'darwin' })[process.platform]
  return arch && system ? `nats-server-v${NATS_VERSION}-${system}-${arch}.tar.gz` : undefined
}

/** @param {Steps} steps @param {Env} env */
async function byRelease(steps, env) {
  const archive = archiveName()
  if (archive === undefined) return false
  process.stderr.write(`set-up: nats-server ${NATS_VERSION} (download of the release) …\n`)
  return inDraft(async (draft) => {
    const sums = new TextDecoder().decode(await download(`${releasesOf(env)}/SHA256SUMS`, steps.signal))
    const bytes = await download(`${releasesOf(env)}/${archive}`, steps.signal)
    checkSum(sums, archive, bytes)
    writeFileSync(join(draft, archive), bytes)
    const args = ['-xzf', join(draft, archive), '-C', draft]
    await steps.run({ name: 'nats-server (unpack the release)', file: 'tar', args, env })
    return join(draft, archive.replace('.tar.gz', ''), 'nats-server')
  })
}

/**
 * Whether a file is what a list of checksums says; throws when it is not.
 *
 * @param {string} sums lines of `<sha256>  <name>`
 * @param {string} name
 * @param {Uint8Array} bytes
 */
export function checkSum(sums, name, bytes) {
  const wanted = sums
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/))
    .find(([, file]) => file === name)?.[0]
  if (!wanted) throw new Error(`the release's checksums do not name ${name}`)
  if (createHash('sha256').update(bytes).digest('hex') !== wanted)
    throw new Error(`${name} is not what its checksum says`)
}

/** @param {string} url @param {AbortSignal} signal */
async function download(url, signal) {
  // `AbortSignal.any` came with Node 20.3.
  const stop = new AbortController()
  const end = () => stop.abort()
  signal.addEventListener('abort', end, { once: true })
  const timer = setTimeout(end, DOWNLOAD_TIMEOUT_MS)
  try {
    const answer = await fetch(url, { signal: stop.signal })
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
    if (Number(answer.headers.get('content-length')) > DOWNLOAD_BYTES_MAX)
      throw new Error(`${url} is larger than expected`)
    return new Uint8Array(await answer.arrayBuffer())
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    throw new Error(`${url}: ${error instanceof Error ? error.message : String(error)}${cause}`)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

/** What a set-up that was killed has left behind; the lock says that no other one is at work. */
function removeDrafts() {
  mkdirSync(cacheDir, { recursive: true })
  for (const name of readdirSync(cacheDir).filter((each) => each.startsWith(DRAFT)))
    rmSync(join(cacheDir, name), { recursive: true, force: true })
}

/**
 * Make a binary in a directory of its own and move it into the cache when it is whole.
 *
 * @param {(draft: string) => Promise<string>} make answers the path of the binary
 */
async function inDraft(make) {
  const draft = mkdtempSync(join(cacheDir, DRAFT))
  try {
    const made = await make(draft)
    const kept = cachedNatsServer()
    mkdirSync(dirname(kept), { recursive: true })
    chmodSync(made, 0o755)
    // Read once, so that a missing file is told here.
    readFileSync(made)
    renameSync(made, kept)
    return true
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
