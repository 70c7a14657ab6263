import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrokerTrust } from '../nats-identity/broker-identity.ts'
import { privateFile } from '../private-file.ts'
import { writeConfigFile } from './config-file.ts'

const CLUSTER_PORT = 6222

export interface ServerFilesOptions {
  /** The names by which clients reach the servers; more than one of them are a cluster. */
  readonly hosts: readonly string[]
  /** Each server gets a folder of its name in here; the server sees it at the same path. */
  readonly dir: string
  /** Where each of them listens; monitoring on its own machine only. */
  readonly ports: { readonly clients: number; readonly monitor: number }
  /** Where a server keeps what it stores, as it sees it itself. */
  readonly storeDir: string
  /** JetStream's limit on the disk of each server, bytes. */
  readonly storeBytesMax: number
  readonly trust: BrokerTrust
  /** For all names. PEM. */
  readonly tls: { readonly certificateChainPem: string; readonly keyPem: string }
}

/**
 * Write what nats-servers that Muster does not start are started with: `<dir>/<host>/nats.conf`, for their owner only. No
 * key that signs is among it. Repeating it renews certificate and tokens, and keeps the password of the cluster.
 */
export function writeServerFiles({ hosts, dir, ports, storeDir, storeBytesMax, trust, tls }: ServerFilesOptions): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const password = hosts.length > 1 ? clusterPassword(dir) : undefined
  const peers = hosts.map((host) => `${host}:${CLUSTER_PORT}`)
  for (const host of hosts) {
    const own = join(dir, host)
    mkdirSync(own, { recursive: true, mode: 0o700 })
    const [certFile, keyFile] = [join(own, 'tls.pem'), join(own, 'tls.key')]
    writeFileSync(keyFile, tls.keyPem, { mode: 0o600 })
    writeFileSync(certFile, tls.certificateChainPem, { mode: 0o600 })
    writeConfigFile(join(own, 'nats.conf'), {
      name: host,
      host: '0.0.0.0',
      port: ports.clients,
      monitorPort: ports.monitor,
      storeDir: join(storeDir, 'store'),
      storeBytesMax,
      accountsDir: join(storeDir, 'accounts'),
      trust,
      tls: { certFile, keyFile },
      ...(password === undefined ? {} : { cluster: { host: '0.0.0.0', port: CLUSTER_PORT, password, peers } }),
    })
  }
}

function clusterPassword(dir: string): string {
  const file = privateFile(join(dir, 'cluster.key'))
  const known = file.read()?.trim()
  if (known) return known
  const password = randomBytes(24).toString('base64url')
  file.write(password)
  return password
}
