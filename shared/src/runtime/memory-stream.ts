import {
  type Clock,
  CodedError,
  type DurableMessage,
  type EpochMs,
  pause,
  type Subscription,
} from '@muster/shared/core'
import { matchesSubject } from './subject-match.ts'

const DEDUPE_WINDOW_MS = 120_000
const RETRY_MS = 20

interface Stored {
  readonly subject: string
  readonly payload: Uint8Array
  /** Place in the stream. */
  readonly order: number
  deliveries: number
}

/** A message that a stream keeps. */
export interface KeptMessage {
  readonly subject: string
  readonly payload: Uint8Array
}

export interface StreamConsumer {
  readonly handler: (batch: readonly DurableMessage[]) => Promise<void>
  readonly maxBatch: number
  readonly onError?: (error: unknown) => void
  /** Whether messages can be handed out to it, and its acknowledgements arrive. */
  readonly reachable: () => boolean
}

/** A durable stream in memory: messages wait until a consumer's handler has taken them. */
export interface MemoryStream {
  covers(subject: string): boolean
  append(subject: string, payload: Uint8Array, msgId: string): void
  consume(consumer: StreamConsumer): Subscription
  info(): { messages: number; bytes: number }
  /** Consumers may have become reachable. */
  wake(): void
  /** The messages that wait, oldest first. */
  waiting(): readonly KeptMessage[]
  /** Lose everything, as a broker that comes back without its store. */
  wipe(): void
}

export function createMemoryStream(subjects: readonly string[], bytesMax: number, clock: Clock): MemoryStream {
  let waiting: Stored[] = []
  let seen = new Map<string, EpochMs>()
  let bytes = 0
  let underWay = 0
  let appended = 0
  const wakers = new Set<() => void>()

  const wakeAll = (): void => {
    for (const wake of wakers) wake()
    wakers.clear()
  }
  const forgetOld = (nowMs: EpochMs): void => {
    for (const [msgId, atMs] of seen) {
      if (nowMs - atMs < DEDUPE_WINDOW_MS) break
      seen.delete(msgId)
    }
  }
  const takeBack = (batch: readonly Stored[]): void => {
    waiting = [...batch, ...waiting].sort((a, b) => a.order - b.order)
    wakeAll()
  }
  const handOut = async ({ handler, maxBatch, onError, reachable }: StreamConsumer): Promise<void> => {
    const batch = waiting.splice(0, maxBatch)
    for (const message of batch) message.deliveries++
    underWay += batch.length
    try {
      await handler(batch)
      if (reachable()) bytes -= sizeOf(batch)
      else takeBack(batch)
    } catch (error) {
      onError?.(error)
      takeBack(batch)
      await pause(clock, RETRY_MS)
    } finally {
      underWay -= batch.length
    }
  }

  return {
    covers: (subject) => subjects.some((pattern) => matchesSubject(pattern, subject)),
    append: (subject, payload, msgId) => {
      const nowMs = clock.nowMs()
      forgetOld(nowMs)
      if (seen.has(msgId)) return
      if (bytes + payload.length > bytesMax)
        throw new CodedError('bus/stream-full', 'the stream has reached its size limit')
      seen.set(msgId, nowMs)
      bytes += payload.length
      waiting.push({ subject, payload, order: appended++, deliveries: 0 })
      wakeAll()
    },
    consume: (consumer) => {
      let stopped = false
      const work = async (): Promise<void> => {
        while (!stopped) {
          if (waiting.length > 0 && consumer.reachable()) await handOut(consumer)
          else await new Promise<void>((resolve) => wakers.add(resolve))
        }
      }
      const working = new Promise<void>((resolve) => clock.soon(resolve)).then(work)
      return {
        stop: async () => {
          stopped = true
          wakeAll()
          await working
        },
      }
    },
    wake: wakeAll,
    waiting: () => waiting.map(({ subject, payload }) => ({ subject, payload })),
    info: () => ({ messages: waiting.length + underWay, bytes }),
    wipe: () => {
      bytes -= sizeOf(waiting)
      waiting = []
      seen = new Map()
    },
  }
}

const sizeOf = (batch: readonly Stored[]): number => batch.reduce((sum, { payload }) => sum + payload.length, 0)
