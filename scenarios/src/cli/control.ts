import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Connection, connectionFile, openAuthority, runControl } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import { brokerIdentityDir, identify } from '@muster/shared/runtime'
import type { Command } from 'commander'
import { port as portOf, positiveNumber } from './arguments.ts'
import { continuedClock, DATA_DIR, pidFile, refuseSecond, writePrivate } from './data-directory.ts'
import { type GraphFlags, graphConfigOf, withGraphFlags } from './graph-flags.ts'
import { abortOnSignal } from './interrupt.ts'
import type { WorkerConnection } from './worker.ts'

interface ControlFlags extends GraphFlags {
  readonly data: string
  readonly broker: string
  readonly listen: string
  readonly port: number
  readonly hostName?: string
  readonly clients?: string
  readonly speed: number
  readonly tenant: string
  readonly logLevel: string
}

/** `control`: the control service alone, in this process. */
export function addControl(program: Command): void {
  withGraphFlags(program.command('control'))
    .description('run the control service alone, on nats-servers that `muster broker prepare` has configured')
    .option('--data <dir>', 'where everything is kept', DATA_DIR)
    .option('--broker <urls>', 'of the servers, with commas between them', 'tls://localhost:4222')
    .option('--listen <address>', 'where the HTTPS door listens', '127.0.0.1')
    .option('--port <port>', 'of the HTTPS door', portOf, 8443)
    .option('--host-name <name>', 'by which others reach this machine')
    .option('--clients <dir>', 'write there what workers and clients elsewhere need, to be read at the same path')
    .option('--speed <factor>', 'simulated seconds in a wall second', positiveNumber, 1)
    .option('--tenant <name>', 'name of the tenant', 'contoso')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info')
    .action(serve)
}

async function serve(flags: ControlFlags): Promise<void> {
  const dataDir = resolve(flags.data)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  refuseSecond(dataDir)
  const urls = flags.broker.split(',').map((url) => url.trim())
  for (const url of urls)
    if (!URL.canParse(url) || !/^(tls|nats):$/.test(new URL(url).protocol))
      throw new CodedError('nats/bad-url', '--broker must look like tls://host:4222, with commas between servers')
  const stop = new AbortController()
  abortOnSignal(stop)
  const { tenant, logLevel, hostName, port } = flags
  const clock = continuedClock(dataDir, flags.speed)
  const controlDir = join(dataDir, 'control')
  const ca = openAuthority(join(controlDir, 'pki'), `${tenant} root`, Math.min(clock.originMs, Date.now())).rootPem
  const natsUrl = urls.join(',')
  const announce = (connection: Connection): void => {
    writePrivate(pidFile(dataDir), identify(process.pid))
    const worker = { natsUrl, tenant, clock, broker: { kind: 'own', ca, service: connectionFile(controlDir) } } as const
    writePrivate(join(dataDir, 'worker.json'), worker satisfies WorkerConnection)
    if (flags.clients !== undefined)
      writeForOthers(resolve(flags.clients), {
        connection,
        worker,
        url: `https://${hostName ?? 'localhost'}:${new URL(connection.url).port}`,
      })
    process.stdout.write(`the control service serves at ${connection.url} (root certificate: ${connection.caFile})\n`)
  }
  try {
    await runControl(
      {
        natsUrl,
        broker: { kind: 'own', identityDir: brokerIdentityDir(join(dataDir, 'nats')), ca },
        tenant,
        dataDir: controlDir,
        host: flags.listen,
        port,
        ...(hostName === undefined ? {} : { names: [hostName] }),
        clock,
        logLevel,
        graph: graphConfigOf(flags),
      },
      stop.signal,
      announce,
    )
  } finally {
    rmSync(pidFile(dataDir), { force: true })
  }
}

/** `connection.json`, `worker.json` and the root certificate, for processes that see this directory and no other. */
function writeForOthers(
  dir: string,
  { connection, worker, url }: { connection: Connection; worker: WorkerConnection; url: string },
): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const [caFile, service] = [join(dir, 'root-ca.pem'), connectionFile(dir)]
  writePrivate(service, { ...connection, url, caFile } satisfies Connection)
  copyFileSync(connection.caFile, caFile)
  writePrivate(join(dir, 'worker.json'), { ...worker, broker: { ...worker.broker, service } })
}
