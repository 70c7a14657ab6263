import type { Bus, DurableMessage, StreamName, Subscription } from '@muster/shared/core'
import { type ConsumerMessages, type JetStreamManager, type JsMsg, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { ensureConsumer } from './nats-assets.ts'

const RETRY_MIN_MS = 200
const RETRY_MAX_MS = 5_000

type Handler = Parameters<Bus['consume']>[1]
type Options = Parameters<Bus['consume']>[2]

/**
 * Work through a stream. Messages are pulled ahead, handed over in batches of what has arrived, and acknowledged after
 * the handler. A batch whose handler fails is tried again in place, so that the order stands; it is never thrown away.
 * A lost consumer or stream (a broker whose store was wiped) is made again.
 */
export async function consumeStream(
  connection: NatsConnection,
  manager: JetStreamManager,
  stream: StreamName,
  handler: Handler,
  options: Options,
  ensure: () => Promise<void>,
): Promise<Subscription> {
  const buffer: JsMsg[] = []
  let arrived = (): void => undefined
  let stopped = false
  let pulling: ConsumerMessages | undefined

  const pull = async (): Promise<void> => {
    await ensure()
    await ensureConsumer(manager, stream, options.durable, options.maxBatch * 8)
    const consumer = await jetstream(connection).consumers.get(stream, options.durable)
    pulling = await consumer.consume({
      max_messages: options.maxBatch * 2,
      expires: 5_000,
      abort_on_missing_resource: true,
      callback: (message) => {
        buffer.push(message)
        arrived()
      },
    })
  }

  const keepPulling = async (): Promise<void> => {
    for (let attempt = 0; !stopped; attempt++) {
      try {
        if (attempt > 0 || !pulling) await pull()
        await pulling?.closed()
      } catch (error) {
        if (!stopped) options.onError?.(error)
      }
      if (!stopped) await pause(RETRY_MIN_MS)
    }
  }

  const work = async (): Promise<void> => {
    while (!stopped) {
      if (buffer.length === 0) {
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
        continue
      }
      await finish(buffer.splice(0, options.maxBatch), handler, options.onError, () => stopped)
    }
  }

  await pull()
  const working = work()
  const pullingOn = keepPulling()
  return {
    stop: async () => {
      stopped = true
      arrived()
      await pulling?.close()
      await Promise.all([working, pullingOn])
      for (const message of buffer) message.nak()
      buffer.length = 0
      // Until the server knows, it may hand this consumer a message that nobody takes, and wait for its acknowledgement.
      if (!connection.isClosed()) await connection.flush().catch(() => undefined)
    },
  }
}

async function finish(
  batch: readonly JsMsg[],
  handler: Handler,
  onError: Options['onError'],
  stopped: () => boolean,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const messages: DurableMessage[] = batch.map((message) => ({
      subject: message.subject,
      payload: message.data,
      deliveries: message.info.deliveryCount + attempt,
    }))
    try {
      await handler(messages)
      for (const message of batch) message.ack()
      return
    } catch (error) {
      onError?.(error)
      if (stopped()) {
        for (const message of batch) message.nak()
        return
      }
      for (const message of batch) message.working()
      await pause(Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** attempt))
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
