import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

export interface NatsCredentials {
  readonly user: string
  readonly password: string
}

export const newCredentials = (): NatsCredentials => ({
  user: 'muster',
  password: randomBytes(24).toString('base64url'),
})

const Address = z.object({ port: z.number().int().min(1).max(65_535), user: z.string(), password: z.string() })

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

export interface NatsServerConfig {
  readonly name: string
  /** −1 lets the server choose; it writes its choice into `portsDir`. */
  readonly port: number
  readonly monitorPort: number
  readonly portsDir: string
  readonly storeDir: string
  readonly storeBytesMax: number
  readonly credentials: NatsCredentials
}

/** Write the server's configuration, readable by its owner only: it holds the password. */
export function writeConfigFile(path: string, config: NatsServerConfig): void {
  const text = `# written by Muster at each start; edits are lost
server_name: ${JSON.stringify(config.name)}
listen: "127.0.0.1:${config.port}"
http: "127.0.0.1:${config.monitorPort}"
ports_file_dir: ${JSON.stringify(config.portsDir)}
max_connections: 18000
max_payload: 1MB
max_pending: 32MB
write_deadline: "5s"
ping_interval: "30s"
lame_duck_duration: "30s"
jetstream {
  store_dir: ${JSON.stringify(config.storeDir)}
  max_file_store: ${config.storeBytesMax}
}
authorization {
  user: ${JSON.stringify(config.credentials.user)}
  password: ${JSON.stringify(config.credentials.password)}
}
`
  writeFileSync(path, text, { mode: 0o600 })
}
