import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { connectionFile } from '@muster/control'
import { type ErrorCode, errorCatalogue, type ServiceInfo, type Stats } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { type ClockScale, identify, isRunning } from '@muster/shared/runtime'
import { type Command, Option } from 'commander'
import { z } from 'zod'
import { createHttpClient } from '../client/http-client.ts'
import type { StackNats } from '../stack/broker.ts'
import { startStack } from '../stack/stack.ts'
import { count, port as portOf, positiveNumber } from './arguments.ts'
import {
  continuedClock,
  DATA_DIR,
  pidFile,
  readConnection,
  refuseSecond,
  runningStack,
  writePrivate,
} from './data-directory.ts'
import { type GraphFlags, graphArguments, graphConfigOf, withGraphFlags } from './graph-flags.ts'
import { aborted, abortOnSignal } from './interrupt.ts'
import type { WorkerConnection } from './worker.ts'

interface UpFlags extends GraphFlags {
  readonly data: string
  readonly port?: number
  readonly workers: number
  readonly capacity: number
  readonly speed: number
  readonly detach?: boolean
  readonly secretsOnStdin?: boolean
  readonly timeout: number
  readonly tenant: string
  readonly brokerListen: string
  readonly brokerTls?: boolean
  readonly logLevel: string
}

/** `up`, `down` and `status`. */
export function addStack(program: Command): void {
  withGraphFlags(program.command('up'))
    .description('start Muster on this machine: broker, control service, workers')
    .option('--data <dir>', 'where everything is kept', DATA_DIR)
    .option('--port <port>', 'of the HTTPS door: 8443, with --intercept 443', portOf)
    .option('--workers <n>', 'agent processes', count, 1)
    .option('--capacity <devices>', 'devices that each worker takes', count, 10_000)
    .option('--speed <factor>', 'simulated seconds in a wall second', positiveNumber, 1)
    .option('--tenant <name>', 'name of the tenant', 'contoso')
    .option('--broker-listen <address>', 'where nats-server listens; beyond this machine with TLS', '127.0.0.1')
    .option('--broker-tls', 'TLS of nats-server on this machine as well')
    .option('-d, --detach', 'go to the background when it serves')
    .addOption(new Option('--secrets-on-stdin', 'what the one that went to the background is told').hideHelp())
    .option('--timeout <seconds>', 'with --detach: how long to wait for it', positiveNumber, 60)
    .option('--log-level <level>', 'of the services, for their log files', 'info')
    .action(async (flags: UpFlags) => (flags.detach ? detach(flags) : serve(flags)))
  program
    .command('down')
    .description('end the Muster of a data directory')
    .option('--data <dir>', 'its data directory', DATA_DIR)
    .action(({ data }: { data: string }) => down(data))
  program
    .command('status')
    .description('say how the Muster of a data directory is')
    .option('--data <dir>', 'its data directory', DATA_DIR)
    .option('--json', 'as JSON')
    .action(({ data, json }: { data: string; json?: boolean }) => status(data, json === true))
}

async function serve(flags: UpFlags): Promise<void> {
  const dataDir = resolve(flags.data)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const { natsUrl, ...secrets } = flags.secretsOnStdin ? Secrets.parse(await json(process.stdin)) : {}
  refuseSecond(dataDir)
  const stop = new AbortController()
  abortOnSignal(stop)
  const lost = new AbortController()
  const clock = continuedClock(dataDir, flags.speed)
  const stack = await startStack({
    dataDir,
    tenant: flags.tenant,
    workers: flags.workers,
    capacity: flags.capacity,
    clock,
    port: doorPort(flags),
    graph: graphConfigOf({ ...flags, ...secrets }),
    broker: { listen: flags.brokerListen, tls: flags.brokerTls === true },
    keepFleets: true,
    logLevel: flags.logLevel,
    env: natsUrl === undefined ? process.env : { ...process.env, MUSTER_NATS_URL: natsUrl },
    onEvent: (what, text) => process.stdout.write(`${what}: ${text}\n`),
    onLost: (error) => lost.abort(error),
  })
  const worker = workerConnection(stack.nats, { dataDir, tenant: flags.tenant, clock })
  try {
    writePrivate(join(dataDir, 'worker.json'), worker)
    writePrivate(pidFile(dataDir), identify(process.pid))
    process.stdout.write(`Muster serves at ${stack.connection.url} (root certificate: ${stack.connection.caFile})\n`)
    await aborted(AbortSignal.any([stop.signal, lost.signal]))
    if (!stop.signal.aborted) lost.signal.throwIfAborted()
  } finally {
    await stack.stop()
    for (const file of [pidFile(dataDir), join(dataDir, 'worker.json')]) rmSync(file, { force: true })
  }
}

function workerConnection(
  { url: natsUrl, access }: StackNats,
  { dataDir, tenant, clock }: { dataDir: string; tenant: string; clock: ClockScale },
): WorkerConnection {
  if (access.kind === 'given') return { natsUrl, tenant, clock, broker: access }
  const ca = access.ca === undefined ? {} : { ca: access.ca }
  const service = connectionFile(join(dataDir, 'control'))
  return { natsUrl, tenant, clock, broker: { kind: 'own', ...ca, service } }
}

const doorPort = ({ port, intercept }: UpFlags): number => port ?? (intercept ? 443 : 8443)

/** Passwords go to the background on its input: arguments and environment of a process can be looked at for as long as it runs. */
const Secrets = z.object({ userPassword: z.string().exactOptional(), natsUrl: z.string().exactOptional() })

function secretsOf({ userPassword }: UpFlags): z.infer<typeof Secrets> {
  const natsUrl = process.env['MUSTER_NATS_URL']
  return { ...(userPassword === undefined ? {} : { userPassword }), ...(natsUrl === undefined ? {} : { natsUrl }) }
}

function openEnvironment(): NodeJS.ProcessEnv {
  const { MUSTER_USER_PASSWORD: _, MUSTER_NATS_URL: __, ...env } = process.env
  return env
}

/** Start the same command in a session of its own and wait until it serves. */
async function detach(flags: UpFlags): Promise<void> {
  const dataDir = resolve(flags.data)
  mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 })
  refuseSecond(dataDir)
  const logFile = join(dataDir, 'logs', 'up.log')
  const log = openSync(logFile, 'w', 0o600)
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const args = Object.entries({
    data: dataDir,
    port: doorPort(flags),
    workers: flags.workers,
    capacity: flags.capacity,
    speed: flags.speed,
    tenant: flags.tenant,
    'broker-listen': flags.brokerListen,
    'log-level': flags.logLevel,
  })
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      'up',
      '--secrets-on-stdin',
      ...args.flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...(flags.brokerTls ? ['--broker-tls'] : []),
      ...graphArguments(flags),
    ],
    { detached: true, stdio: ['pipe', log, log], env: openEnvironment() },
  )
  // One that ended before it listened says why in its log.
  child.stdin?.on('error', () => undefined).end(JSON.stringify(secretsOf(flags)))
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  const deadline = Date.now() + flags.timeout * 1_000
  // The file may be there from a start that was killed.
  while (runningStack(dataDir)?.pid !== child.pid) {
    if (ended || Date.now() > deadline) {
      child.kill('SIGTERM')
      throw startFailure(readFileSync(logFile, 'utf8'))
    }
    await new Promise((done) => setTimeout(done, 100))
  }
  child.unref()
  process.stdout.write(
    `Muster serves at ${readConnection(dataDir).url}, as process ${child.pid}; \`muster down\` ends it\n`,
  )
}

/** The last line of a failed start says why, with its code. */
function startFailure(log: string): CodedError {
  const last = log.trim().split('\n').at(-1) ?? ''
  const [, message, code] = /^muster: (.*) \[([a-z-]+\/[a-z-]+)\]$/.exec(last) ?? []
  if (message !== undefined && code !== undefined && code in errorCatalogue)
    return new CodedError(code as ErrorCode, message)
  return new CodedError('stack/start-failed', `Muster did not start: ${last}`)
}

async function down(data: string): Promise<void> {
  const running = runningStack(resolve(data))
  if (!running) {
    process.stdout.write('nothing was running\n')
    return
  }
  process.kill(running.pid, 'SIGTERM')
  const deadline = Date.now() + 60_000
  while (isRunning(running)) {
    if (Date.now() > deadline) throw new CodedError('stack/start-failed', `process ${running.pid} does not end`)
    await new Promise((done) => setTimeout(done, 50))
  }
  process.stdout.write('Muster has ended\n')
}

async function status(data: string, json: boolean): Promise<void> {
  const client = createHttpClient(readConnection(data))
  try {
    const [info, stats] = [
      (await client.call('GET', '/_muster/info')) as ServiceInfo,
      (await client.call('GET', '/_muster/stats')) as Stats,
    ]
    if (json) {
      process.stdout.write(`${JSON.stringify({ url: client.url, info, stats }, null, 2)}\n`)
      return
    }
    const online = stats.workers.reduce((sum, worker) => sum + worker.online, 0)
    process.stdout.write(
      `${client.url}  tenant ${info.tenant}  process ${info.pid}  nats-server ${info.natsServerVersion ?? '?'}\n`,
    )
    const alive = stats.workers.filter((worker) => worker.alive).length
    process.stdout.write(
      `devices ${stats.devices.managed} (${online} online), policies ${stats.policies.length}, reports ${stats.reports.committed}, workers ${alive} of ${stats.workers.length}, broker ${stats.busConnected ? 'connected' : 'away'}\n`,
    )
    const states = complianceOf(stats)
    if (states !== '') process.stdout.write(`compliance ${states}\n`)
  } finally {
    client.close()
  }
}

/** `compliant 852, inGracePeriod 128`, over all platforms. */
function complianceOf({ compliance }: Stats): string {
  const totals = new Map<string, number>()
  for (const states of Object.values(compliance))
    for (const [state, devices] of Object.entries(states ?? {})) totals.set(state, (totals.get(state) ?? 0) + devices)
  return [...totals].map(([state, devices]) => `${state} ${devices}`).join(', ')
}
