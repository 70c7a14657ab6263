import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { BrokerTrust } from '../nats-identity/broker-identity.ts'

const Address = z.object({ port: z.number().int().min(1).max(65_535) })

/** Where clients find the server, kept so that those who outlive it find the next one in the same place. */
export type NatsAddress = z.infer<typeof Address>

/** `undefined` when there was none before. */
export function readAddress(path: string): NatsAddress | undefined {
  try {
    return Address.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

export function writeAddress(path: string, address: NatsAddress): void {
  writeFileSync(path, JSON.stringify(address), { mode: 0o600 })
}

/** A certificate and its key, as files. */
export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

export interface NatsServerConfig {
  readonly name: string
  readonly host: string
  /** −1 lets the server choose; it writes its choice into `portsDir`. */
  readonly port: number
  readonly monitorPort: number
  readonly portsDir?: string
  readonly storeDir: string
  readonly storeBytesMax: number
  /** Where the server keeps the tokens of accounts, with what it was told of them since. */
  readonly accountsDir: string
  readonly trust: BrokerTrust
  readonly tls?: TlsFiles
  readonly cluster?: ClusterConfig
}

/** The servers of one cluster, and how they reach each other. */
export interface ClusterConfig {
  /** Address to listen at for the others. */
  readonly host: string
  readonly port: number
  /** Shared by all; nobody else gets in. */
  readonly password: string
  /** `host:port` of its servers; that it is one of them itself does no harm. */
  readonly peers: readonly string[]
  /** `host:port` that the others tell each other of this one. @default where it listens */
  readonly advertise?: string
}

/**
 * Write the server's configuration. `max_payload` stays above what an agent may send: the token of the account travels in
 * one message with all revocations.
 */
export function writeConfigFile(path: string, config: NatsServerConfig): void {
  const { trust, tls, cluster, portsDir } = config
  const accounts = Object.entries(trust.accounts).map(([account, token]) => `  ${account}: ${token}\n`)
  const text = `# written by Muster at each start; edits are lost
server_name: ${JSON.stringify(config.name)}
listen: "${config.host}:${config.port}"
http: "127.0.0.1:${config.monitorPort}"
${portsDir === undefined ? '' : `ports_file_dir: ${JSON.stringify(portsDir)}\n`}max_connections: 18000
max_payload: 1MB
max_pending: 32MB
write_deadline: "5s"
ping_interval: "30s"
lame_duck_duration: "30s"
jetstream {
  store_dir: ${JSON.stringify(config.storeDir)}
  max_file_store: ${config.storeBytesMax}
}
operator: ${trust.operatorToken}
system_account: ${trust.systemAccount}
resolver {
  type: full
  dir: ${JSON.stringify(config.accountsDir)}
  allow_delete: false
}
resolver_preload {
${accounts.join('')}}
${tls ? `tls {\n  cert_file: ${JSON.stringify(tls.certFile)}\n  key_file: ${JSON.stringify(tls.keyFile)}\n  timeout: 5\n}\n` : ''}${cluster ? clusterText(cluster) : ''}`
  writeFileSync(path, text, { mode: 0o600 })
}

/** Clients are told the addresses of all servers by Muster, and hear none from the servers. */
function clusterText({ host, port, password, peers, advertise }: ClusterConfig): string {
  const who = JSON.stringify(password)
  const routes = peers.map((peer) => `    "nats://route:${password}@${peer}"\n`)
  return `cluster {
  name: muster
  listen: "${host}:${port}"
  no_advertise: true
${advertise === undefined ? '' : `  advertise: ${JSON.stringify(advertise)}\n`}  authorization {
    user: route
    password: ${who}
    timeout: 5
  }
  routes: [
${routes.join('')}  ]
}
`
}
