import { CodedError } from '@muster/shared/core'
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node'
import type { Principal } from './nats-identity/principal.ts'

export interface NatsBusOptions {
  /** `nats://host:port`, or several with commas between; `tls://` where the server must prove who it is. */
  readonly url: string
  /** Who one is to a broker of Muster's own. */
  readonly principal?: Principal
  /** The root certificate that the server's must come from, PEM; no other is trusted. */
  readonly ca?: string
  /** For a broker that is not Muster's. */
  readonly user?: string
  readonly password?: string
  /** Shown by the server; also the stem of the private inbox. Characters `[a-z0-9-]`. */
  readonly name: string
  /** Services and responders ping every 5 s and notice a hung server sooner; agents every 20 s. Only services make streams. */
  readonly role: 'agent' | 'service' | 'responder'
  /** Stands for the tenant in the inbox prefix. */
  readonly tenant: string
  /** How long to wait for the first connection, milliseconds. @default 10000 */
  readonly connectTimeoutMs?: number
  /** Size limit of the REPORTS stream, bytes; services only. @default 2 GiB */
  readonly reportsBytesMax?: number
  /** Servers of a cluster that hold a copy of each stream; services only. @default 3 where the URL names as many, else 1 */
  readonly replicas?: number
}

const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 2_000

/** The private inbox of a connection. */
export const inboxPrefixOf = ({ principal, tenant, name }: NatsBusOptions): string =>
  principal?.inboxPrefix ?? `_I.${tenant}.${name}`

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
        servers: options.url.split(','),
        name: options.name,
        ...proofOf(options),
        noAsyncTraces: true,
        noEcho: true,
        maxReconnectAttempts: -1,
        reconnectDelayHandler: () => RECONNECT_MIN_MS + Math.random() * (RECONNECT_MAX_MS - RECONNECT_MIN_MS),
        // Only attempts to authenticate count here; a server that is being replaced refuses for a moment.
        ignoreAuthErrorAbort: true,
        pingInterval: options.role === 'agent' ? 20_000 : 5_000,
        maxPingOut: 2,
        timeout: 3_000,
        inboxPrefix: inboxPrefixOf(options),
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

function proofOf({ principal, ca, user, password }: NatsBusOptions): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(principal === undefined
      ? {}
      : {
          authenticator: (nonce = '') => ({
            jwt: principal.token(),
            sig: Buffer.from(principal.sign(Buffer.from(nonce))).toString('base64url'),
          }),
        }),
  }
}
