import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveNatsServer } from '../setup/nats-server.mjs'
import { type NatsSupervisor, type SupervisorOptions, superviseNatsServer } from '../src/runtime/index.ts'

/** The nats-server that set-up has found. A test that needs it fails without it: it is part of the product. */
export function natsBinary(): { path: string; version: string } {
  const found = resolveNatsServer({ env: process.env })
  if (!found) throw new Error('there is no nats-server: run `npm test`, whose set-up gets one')
  return found
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
