import { type Bus, type BusMessage, type BusStatus, CodedError, type Subscription } from '@muster/shared/core'
import { jetstreamManager } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import {
  type Msg,
  type NatsConnection,
  type Subscription as NatsSubscription,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node'
import { createAppender, isTooLarge } from './nats-append.ts'
import { assetSettings, ensureAssets, policyBucket, whenFormed } from './nats-assets.ts'
import { connectNats, inboxPrefixOf, type NatsBusOptions } from './nats-connection.ts'
import { consumeStream } from './nats-consume.ts'

const DRAIN_MAX_MS = 5_000

/**
 * The bus over a real nats-server. Services also look after the streams and the bucket.
 * @throws CodedError `bus/disconnected`, `bus/refused`
 */
export async function createNatsBus(options: NatsBusOptions): Promise<Bus & { readonly serverVersion: string }> {
  const settings = options.role === 'service' ? assetSettings(options) : undefined
  const connection = await connectNats(options)
  const appender = createAppender(connection, inboxPrefixOf(options))
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const listeners = new Set<(status: BusStatus) => void>()
  /** Ends each request that waits when the connection goes: its answer cannot come any more. */
  const waiting = new Set<(error: unknown) => void>()
  const subscriptions = new Set<NatsSubscription>()
  /** Answers that are being worked out. */
  const answering = new Set<Promise<void>>()
  let connected = true
  let closed = false
  let bucket: Promise<KV> | undefined

  const ensure = async (): Promise<void> => {
    if (settings) await ensureAssets(manager, settings)
  }
  const bucketNow = (): Promise<KV> => {
    bucket ??= policyBucket(connection, settings?.replicas).catch((error: unknown) => {
      bucket = undefined
      throw error
    })
    return bucket
  }
  const change = (status: BusStatus): void => {
    if (connected === (status === 'connected')) return
    connected = status === 'connected'
    if (!connected) {
      appender.fail('bus/disconnected')
      for (const end of waiting) end(new Error('the connection went before the answer came'))
    }
    // A broker may come back without its store: look the bucket up again.
    bucket = undefined
    for (const listener of listeners) listener(status)
  }
  const usable = (): void => {
    if (closed) throw new CodedError('bus/closed', 'the bus was closed')
    if (!connected) throw new CodedError('bus/disconnected', `there is no connection to ${options.url}`)
  }

  void watch(connection, change)
  if (settings) await whenFormed(ensure).then(bucketNow)

  return {
    serverVersion: connection.info?.version ?? 'unknown',
    get connected() {
      return connected && !closed
    },
    publish: (subject, payload) => {
      if (connected && !closed) connection.publish(subject, payload)
    },
    subscribe: (pattern, handler, { queue } = {}) =>
      subscriptionOf(
        subscriptions,
        connection.subscribe(pattern, {
          ...(queue === undefined ? {} : { queue }),
          callback: (error, message) => {
            if (!error) handler(messageOf(message))
          },
        }),
      ),
    request: async (subject, payload, { timeoutMs }) => {
      usable()
      const cut = Promise.withResolvers<never>()
      waiting.add(cut.reject)
      try {
        return (await Promise.race([connection.request(subject, payload, { timeout: timeoutMs }), cut.promise])).data
      } catch (error) {
        throw translate(error, subject, closed)
      } finally {
        waiting.delete(cut.reject)
      }
    },
    respond: (pattern, handler, { queue, onError } = {}) =>
      subscriptionOf(
        subscriptions,
        connection.subscribe(pattern, {
          ...(queue === undefined ? {} : { queue }),
          callback: (error, message) => {
            if (error) return
            const working: Promise<void> = answer(message, handler, onError).finally(() => answering.delete(working))
            answering.add(working)
          },
        }),
      ),
    append: async (subject, payload, { msgId }) => {
      usable()
      await appender.append(subject, payload, msgId)
    },
    consume: (stream, handler, consumeOptions) =>
      consumeStream(connection, manager, stream, handler, consumeOptions, ensure),
    putBlob: async (key, body) => {
      usable()
      try {
        await (await bucketNow()).put(key, body)
      } catch (error) {
        bucket = undefined
        throw translate(error, key, closed)
      }
    },
    getBlob: async (key) => {
      usable()
      try {
        return (await (await bucketNow()).get(key))?.value
      } catch (error) {
        bucket = undefined
        throw translate(error, key, closed)
      }
    },
    onStatus: (listener) => {
      listeners.add(listener)
      return {
        stop: async () => {
          listeners.delete(listener)
        },
      }
    },
    streamInfo: async (stream) => {
      usable()
      const { state } = await manager.streams.info(stream)
      return { messages: state.messages, bytes: state.bytes }
    },
    close: async () => {
      if (closed) return
      closed = true
      const drained = connected ? finishAndDrain(connection, subscriptions, answering) : connection.close()
      await Promise.race([
        drained.catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, DRAIN_MAX_MS).unref()),
      ])
      await connection.close().catch(() => undefined)
      appender.fail('bus/closed')
    },
  }
}

async function watch(connection: NatsConnection, change: (status: BusStatus) => void): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect' || type === 'staleConnection') change('disconnected')
    else if (type === 'reconnect') change('connected')
  }
}

async function answer(
  message: Msg,
  handler: (message: BusMessage) => Promise<Uint8Array>,
  onError: ((error: unknown, message: BusMessage) => void) | undefined,
): Promise<void> {
  try {
    const reply = await handler(messageOf(message))
    // Answers go to inboxes: whoever asks must not have the service send elsewhere what he may not send himself.
    if (message.reply?.startsWith('_I.')) message.respond(reply)
  } catch (error) {
    onError?.(error, messageOf(message))
  }
}

const messageOf = (message: Msg): BusMessage => ({ subject: message.subject, payload: message.data })

/** Take nothing more, work out the answers to what has come, and go. */
async function finishAndDrain(
  connection: NatsConnection,
  subscriptions: ReadonlySet<NatsSubscription>,
  answering: ReadonlySet<Promise<void>>,
): Promise<void> {
  await Promise.all([...subscriptions].map((subscription) => subscription.drain().catch(() => undefined)))
  await Promise.all(answering)
  await connection.drain()
}

function subscriptionOf(all: Set<NatsSubscription>, subscription: NatsSubscription): Subscription {
  all.add(subscription)
  return {
    stop: async () => {
      all.delete(subscription)
      if (!subscription.isClosed()) subscription.unsubscribe()
    },
  }
}

function translate(error: unknown, subject: string, closed: boolean): CodedError {
  const cause = error instanceof RequestError && error.cause ? error.cause : error
  const noResponders = cause instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders())
  if (closed) return new CodedError('bus/closed', 'the bus was closed', { cause })
  if (noResponders) return new CodedError('bus/no-responders', `nobody serves ${subject}`, { cause })
  if (isTooLarge(error) || isTooLarge(cause))
    return new CodedError('bus/too-large', `the message is larger than ${subject} carries`, { cause })
  if (cause instanceof TimeoutError) return new CodedError('bus/timeout', `no answer on ${subject} in time`, { cause })
  return new CodedError('bus/disconnected', `${subject}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  })
}
