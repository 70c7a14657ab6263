import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedNatsServer, resolveNatsServer } from '../setup/nats-server.mjs'
import {
  brokerIdentityDir,
  createNkey,
  type NatsSupervisor,
  nkeyFromSeed,
  type Principal,
  principalWith,
  type SupervisorOptions,
  superviseNatsServer,
} from '../src/runtime/index.ts'
import { encodeNatsJwt } from '../src/runtime/nats-identity/jwt.ts'

/** A nats-server that somebody else runs: one user with a password, in its URL, and no operator. */
export async function givenNatsServer(
  password = 'secret',
): Promise<AsyncDisposable & { readonly url: string; runs(): boolean }> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-given-'))
  const arguments_ = ['-a', '127.0.0.1', '-p', '-1', '-m', '-1', '-js', '-sd', join(dir, 'store')]
  const login = ['--user', 'somebody', '--pass', password, '--ports_file_dir', dir]
  const process = spawn(natsBinary().path, [...arguments_, ...login], { stdio: 'ignore' })
  const ended = once(process, 'exit')
  const found = (): { nats: string[] } | undefined => {
    const file = readdirSync(dir).find((name) => name.endsWith('.ports'))
    return file === undefined ? undefined : (JSON.parse(readFileSync(join(dir, file), 'utf8')) as { nats: string[] })
  }
  let ports = found()
  for (let attempt = 0; !ports && attempt < 200; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    ports = found()
  }
  const { port } = new URL(ports?.nats[0] ?? '')
  return {
    url: `nats://somebody:${password}@127.0.0.1:${port}`,
    runs: () => process.exitCode === null,
    [Symbol.asyncDispose]: async () => {
      process.kill('SIGKILL')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** The nats-server that set-up has found. A test that needs it fails without it: it is part of the product. */
export function natsBinary(): { path: string; version: string } {
  const found = resolveNatsServer({ env: process.env })
  if (!found) throw new Error('there is no nats-server: run `npm test`, whose set-up gets one')
  return found
}

/** One of each version that there is: the one that is used, that of the PATH or /usr/sbin, and that of the cache. */
export function natsBinaries(): { path: string; version: string }[] {
  const first = natsBinary()
  const { MUSTER_NATS_BIN: _, ...unnamed } = process.env
  const cached = cachedNatsServer()
  const others = [
    resolveNatsServer({ env: unnamed }),
    ...(existsSync(cached) ? [resolveNatsServer({ env: { MUSTER_NATS_BIN: cached } })] : []),
  ]
  const byVersion = new Map([...others.flatMap((each) => each ?? []), first].map((each) => [each.version, each]))
  return [...byVersion.values()]
}

export type TestNatsServer = NatsSupervisor &
  AsyncDisposable & {
    readonly dataDir: string
    /** Of somebody who may do anything in account STORE, as nobody may in the product. */
    readonly credentials: { readonly principal: Principal }
  }

/** Somebody who may do anything in an account of the broker that lives in a directory. */
export function almighty(natsDir: string, account: 'fleet' | 'store' = 'store'): Principal {
  const roots = JSON.parse(readFileSync(join(brokerIdentityDir(natsDir), 'roots.json'), 'utf8')) as {
    fleet: string
    store: string
  }
  const [issuer, user] = [nkeyFromSeed(roots[account]), createNkey('user')]
  const nats = { pub: {}, sub: {}, subs: -1, data: -1, payload: -1, type: 'user', version: 2 } as const
  const claims = { sub: user.publicKey, name: 'almighty', iat: Math.floor(Date.now() / 1_000), nats }
  return principalWith(user, '_I.TEST', () => encodeNatsJwt(claims, issuer))
}

/** A real nats-server for one test, gone with its files at the end of the `await using` scope. */
export async function testNatsServer(options: Partial<SupervisorOptions> = {}): Promise<TestNatsServer> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'muster-nats-'))
  const server = await superviseNatsServer({
    binary: natsBinary(),
    storeBytesMax: 4 * 1_073_741_824,
    ...options,
    dataDir,
  })
  return Object.assign(Object.create(server, Object.getOwnPropertyDescriptors(server)) as NatsSupervisor, {
    dataDir,
    credentials: { principal: almighty(dataDir) },
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  })
}
