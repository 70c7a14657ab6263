import { join, resolve } from 'node:path'
import { openAuthority } from '@muster/control'
import { SubjectToken } from '@muster/shared/contracts'
import { CodedError, DAY_MS, unwrap } from '@muster/shared/core'
import { brokerIdentityDir, openBrokerIdentity, writeServerFiles } from '@muster/shared/runtime'
import type { Command } from 'commander'
import { collect, port as portOf, positiveNumber } from './arguments.ts'
import { DATA_DIR } from './data-directory.ts'

interface PrepareFlags {
  readonly data: string
  readonly server: readonly string[]
  readonly out: string
  readonly store: string
  readonly storeGib: number
  readonly clientPort: number
  readonly monitorPort: number
  readonly tenant: string
}

const SERVER_CERTIFICATE_DAYS = 365
const GIBIBYTE = 1_073_741_824

/** `broker prepare`: what nats-servers are started with that Muster does not start itself. */
export function addBroker(program: Command): void {
  program
    .command('broker')
    .description('nats-servers that somebody else starts, such as a container')
    .command('prepare')
    .description('write the configuration of one server, or of a cluster, that knows the agents of this Muster')
    .option('--data <dir>', 'data directory of the Muster; made when there is none', DATA_DIR)
    .option('--server <host>', 'name by which the server is reached; again for a cluster', collect)
    .option('--out <dir>', 'where <host>/nats.conf is written; the servers find it at the same path', '.muster/broker')
    .option('--store <dir>', 'where each server keeps what it stores, as it sees it', '/jetstream')
    .option('--store-gib <n>', 'disk that each server may use', positiveNumber, 8)
    .option('--client-port <port>', 'where clients reach each server', portOf, 4222)
    .option('--monitor-port <port>', 'where it is watched over, on its own machine only', portOf, 8222)
    .option('--tenant <name>', 'name of the tenant', 'contoso')
    .action(prepare)
}

function prepare({ server: hosts = ['localhost'], tenant, ...flags }: PrepareFlags): void {
  const wrong = hosts.find((host) => !/^[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?$/.test(host))
  if (wrong !== undefined) throw new CodedError('cli/usage', `--server takes a host name, not ${JSON.stringify(wrong)}`)
  if (!SubjectToken.safeParse(tenant).success)
    throw new CodedError('cli/usage', '--tenant takes lower-case letters, digits and hyphens, 1 to 40')
  const dataDir = resolve(flags.data)
  const nowMs = Date.now()
  const authority = openAuthority(join(dataDir, 'control', 'pki'), `${tenant} root`, nowMs)
  const validityMs = SERVER_CERTIFICATE_DAYS * DAY_MS
  writeServerFiles({
    hosts,
    dir: resolve(flags.out),
    ports: { clients: flags.clientPort, monitor: flags.monitorPort },
    storeDir: flags.store,
    storeBytesMax: Math.floor(flags.storeGib * GIBIBYTE),
    trust: openBrokerIdentity(brokerIdentityDir(join(dataDir, 'nats'))).trust(),
    tls: unwrap(authority.issueServerCertificate({ names: hosts, nowMs, validityMs })),
  })
  process.stdout.write(
    `${hosts.map((host) => `nats-server -c ${join(resolve(flags.out), host, 'nats.conf')}`).join('\n')}\n`,
  )
}
