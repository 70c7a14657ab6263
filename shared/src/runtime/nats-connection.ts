import { CodedError } from '@muster/shared/core'
import { connect, type NatsConnection } from '@nats-io/transport-node'

export interface NatsBusOptions {
  /** `nats://host:port`. */
  readonly url: string
  readonly user?: string
  readonly password?: string
  /** Shown by the server; also the stem of the private inbox. Characters `[a-z0-9-]`. */
  readonly name: string
  /** Services ping every 5 s and notice a hung server sooner; agents every 20 s. */
  readonly role: 'agent' | 'service'
  /** Stands for the tenant in the inbox prefix. */
  readonly tenant: string
  /** How long to wait for the first connection, milliseconds. @default 10000 */
  readonly connectTimeoutMs?: number
  /** Size limit of the REPORTS stream, bytes; services only. @default 2 GiB */
  readonly reportsBytesMax?: number
}

const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 2_000

/**
 * Connect with the settings that NATS is used with here: no stack traces per request, endless reconnects with full jitter,
 * a private inbox.
 * @throws CodedError `bus/disconnected` when there is no connection in time, `bus/refused` when the credentials are not accepted
 */
export async function connectNats(options: NatsBusOptions): Promise<NatsConnection> {
  const deadline = Date.now() + (options.connectTimeoutMs ?? 10_000)
  for (;;) {
    try {
      return await connect({
        servers: options.url,
        name: options.name,
        ...(options.user === undefined ? {} : { user: options.user }),
        ...(options.password === undefined ? {} : { pass: options.password }),
        noAsyncTraces: true,
        noEcho: true,
        maxReconnectAttempts: -1,
        reconnectDelayHandler: () => RECONNECT_MIN_MS + Math.random() * (RECONNECT_MAX_MS - RECONNECT_MIN_MS),
        // Only attempts to authenticate count here; a server that is being replaced refuses for a moment.
        ignoreAuthErrorAbort: true,
        pingInterval: options.role === 'service' ? 5_000 : 20_000,
        maxPingOut: 2,
        timeout: 3_000,
        inboxPrefix: `_I.${options.tenant}.${options.name}`,
      })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (/authorization|authentication/i.test(message)) {
        throw new CodedError('bus/refused', `the NATS server at ${options.url} does not accept the credentials`, {
          cause: error,
        })
      }
      if (Date.now() > deadline) {
        throw new CodedError('bus/disconnected', `no NATS server answers at ${options.url}: ${message}`, {
          cause: error,
        })
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
