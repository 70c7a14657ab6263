import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedNatsServer, resolveNatsServer } from '../setup/nats-server.mjs'
import { type NatsSupervisor, type SupervisorOptions, superviseNatsServer } from '../src/runtime/index.ts'

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

/** A real nats-server for one test, gone with its files at the end of the `await using` scope. */
export async function testNatsServer(
  options: Partial<SupervisorOptions> = {},
): Promise<NatsSupervisor & AsyncDisposable & { readonly dataDir: string }> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'muster-nats-'))
  const server = await superviseNatsServer({
    binary: natsBinary(),
    storeBytesMax: 4 * 1_073_741_824,
    ...options,
    dataDir,
  })
  return Object.assign(Object.create(server, Object.getOwnPropertyDescriptors(server)) as NatsSupervisor, {
    dataDir,
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  })
}
