import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokerIdentityDir, type NatsSupervisor, type Principal, superviseNatsServer } from '../src/runtime/index.ts'
import { startTcpFaultProxy, type TcpFaultProxy } from '../src/runtime/tcp-fault-proxy.ts'
import { almighty, natsBinary, testNatsServer } from './nats.ts'

/** Three real nats-servers that are one cluster. All that they say to each other goes through proxies. */
export interface TestNatsCluster extends AsyncDisposable {
  readonly servers: readonly NatsSupervisor[]
  /** Of somebody who may do anything in account STORE. */
  readonly credentials: { readonly principal: Principal }
  /** Which server leads a stream; `undefined` while none does, as far as this server knows. */
  leaderOf(stream: string, askedServer: number): Promise<number | undefined>
  /** Nothing passes any more between a server and the two others; none of them is told. */
  isolate(server: number): void
  /** Everything passes. */
  heal(): void
}

const SIZE = 3
const LOOPBACK = '127.0.0.1'
/** Servers tell each other how to reach the third; there is to be no way but through the proxies. */
const NOWHERE = `${LOOPBACK}:1`

export async function testNatsCluster(binary = natsBinary()): Promise<TestNatsCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-cluster-'))
  const stopping: (() => Promise<void>)[] = [async () => rmSync(dir, { recursive: true, force: true })]
  const dispose = async (): Promise<void> => {
    for (const stop of stopping.reverse()) await stop()
  }
  try {
    const dirs = Array.from({ length: SIZE }, (_, index) => join(dir, `muster-${index + 1}`))
    await shareIdentity(dirs, binary)
    const ports = await Promise.all(dirs.map(() => freePort()))
    const ways: { readonly from: number; readonly to: number; readonly proxy: TcpFaultProxy }[] = []
    for (const [from] of dirs.entries())
      for (const [to, port] of ports.entries()) {
        if (from === to) continue
        const proxy = await startTcpFaultProxy({ port })
        stopping.push(() => proxy.close())
        ways.push({ from, to, proxy })
      }
    const servers: NatsSupervisor[] = []
    for (const [index, dataDir] of dirs.entries()) {
      const server = await superviseNatsServer({
        binary,
        dataDir,
        storeBytesMax: 4 * 1_073_741_824,
        cluster: {
          serverName: `muster-${index + 1}`,
          host: LOOPBACK,
          port: ports[index] ?? 0,
          advertise: NOWHERE,
          peers: ways.filter(({ from }) => from === index).map(({ proxy }) => `${LOOPBACK}:${proxy.port}`),
          password: 'of-this-test',
        },
      })
      stopping.push(() => server.stop())
      servers.push(server)
    }
    return {
      servers,
      credentials: { principal: almighty(String(dirs[0])) },
      leaderOf: (stream, askedServer) => leaderOf(stream, String(servers[askedServer]?.monitorUrl)),
      isolate: (server) => {
        for (const { from, to, proxy } of ways) if (from === server || to === server) proxy.set({ kind: 'blackhole' })
      },
      heal: () => {
        for (const { proxy } of ways) proxy.set({ kind: 'none' })
      },
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Servers of a cluster trust the same operator and accounts: what the first has made, the others are given. */
async function shareIdentity(dirs: readonly string[], binary: ReturnType<typeof natsBinary>): Promise<void> {
  const [first = '', ...others] = dirs
  const server = await testNatsServer({ binary, dataDir: join(first, 'alone') })
  await server.stop()
  for (const dir of [first, ...others])
    cpSync(brokerIdentityDir(join(first, 'alone')), brokerIdentityDir(dir), { recursive: true })
}

async function leaderOf(stream: string, monitorUrl: string): Promise<number | undefined> {
  const answer = await fetch(`${monitorUrl}/jsz?accounts=true&streams=true`)
  const { account_details: accounts = [] } = (await answer.json()) as {
    account_details?: { stream_detail?: { name: string; cluster?: { leader?: string } }[] }[]
  }
  const found = accounts.flatMap(({ stream_detail: streams = [] }) => streams).find(({ name }) => name === stream)
  const leader = found?.cluster?.leader
  return leader ? Number(leader.slice('muster-'.length)) - 1 : undefined
}

/** A port that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
