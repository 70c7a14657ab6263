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

/** Where releases are, and what is asked of a download. */
const RELEASES = `https://github.com/nats-io/nats-server/releases/download/v${NATS_VERSION}`
const DOWNLOAD_BYTES_MAX = 64 * 1_048_576
const DOWNLOAD_TIMEOUT_MS = 120_000

/** @typedef {{ run(name: string, file: string, args: readonly string[], advice?: string, env?: Record<string, string | undefined>): Promise<void>, signal: AbortSignal }} Steps */

/**
 * Get a nats-server: by the Go toolchain, else from the system's packages, else a release whose checksum is checked. The
 * first way that works is taken; when none does, the error lists them all.
 *
 * @param {Steps} steps
 * @param {Record<string, string | undefined>} env
 */
export async function installNatsServer(steps, env) {
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
  throw new Error(`there is no nats-server, and it could not be had (${failures.join('; ') || 'no way to get it is open here'}). Any one of these gets it:
  go install github.com/nats-io/nats-server/v2@v${NATS_VERSION}     (with Go, and its bin directory on the PATH)
  apt-get install nats-server                                 (Debian, Ubuntu), brew install nats-server (macOS)
  ${RELEASES}   (unpack it, and set MUSTER_NATS_BIN to the binary)
  MUSTER_NATS_URL=nats://host:4222                            (a server that runs already)`)
}

/** @param {string} command */
const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0

/** @param {Steps} steps @param {Record<string, string | undefined>} env */
async function byGo(steps, env) {
  if (!has('go')) return false
  return inDraft(async (draft) => {
    const go = { ...env, GOBIN: draft, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' }
    await steps.run(
      `nats-server ${NATS_VERSION} (go install)`,
      'go',
      ['install', `github.com/nats-io/nats-server/v2@v${NATS_VERSION}`],
      undefined,
      go,
    )
    return join(draft, 'nats-server')
  })
}

/** @param {Steps} steps */
async function byPackages(steps) {
  const isRoot = process.getuid?.() === 0
  if (has('apt-get')) {
    if (isRoot) {
      await steps.run('nats-server (apt-get)', 'sh', [
        '-c',
        'apt-get update -qq; apt-get install -y -qq --no-install-recommends nats-server',
      ])
      return true
    }
    return inDraft(async (draft) => {
      await steps.run('nats-server (apt-get download)', 'sh', [
        '-c',
        `cd "${draft}" && apt-get download nats-server && dpkg -x nats-server_*.deb unpacked`,
      ])
      return join(draft, 'unpacked', 'usr', 'sbin', 'nats-server')
    })
  }
  if (has('brew')) {
    await steps.run('nats-server (brew)', 'brew', ['install', 'nats-server'])
    return true
  }
  if (has('apk') && isRoot) {
    await steps.run('nats-server (apk)', 'apk', ['add', 'nats-server'])
    return true
  }
  return false
}

/** @param {Steps} steps */
async function byRelease(steps) {
  const arch = /** @type {Record<string, string>} */ ({ x64: 'amd64', arm64: 'arm64' })[process.arch]
  const system = /** @type {Record<string, string>} */ ({ linux: 'linux', darwin: 'darwin' })[process.platform]
  if (!arch || !system) return false
  const archive = `nats-server-v${NATS_VERSION}-${system}-${arch}.tar.gz`
  return inDraft(async (draft) => {
    const sums = new TextDecoder().decode(await download(`${RELEASES}/SHA256SUMS`, steps.signal))
    const bytes = await download(`${RELEASES}/${archive}`, steps.signal)
    checkSum(sums, archive, bytes)
    writeFileSync(join(draft, archive), bytes)
    await steps.run('nats-server (unpack the release)', 'tar', ['-xzf', join(draft, archive), '-C', draft])
    const unpacked = readdirSync(draft).find((name) => name.startsWith('nats-server-v') && !name.endsWith('.gz'))
    return join(draft, unpacked ?? '', 'nats-server')
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
  const answer = await fetch(url, {
    signal: AbortSignal.any ? AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]) : signal,
  })
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (bytes.length > DOWNLOAD_BYTES_MAX) throw new Error(`${url} is larger than expected`)
  return bytes
}

/**
 * Make a binary in a directory of its own and move it into the cache when it is whole.
 *
 * @param {(draft: string) => Promise<string>} make answers the path of the binary
 */
async function inDraft(make) {
  mkdirSync(cacheDir, { recursive: true })
  const draft = mkdtempSync(join(cacheDir, 'draft-'))
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
