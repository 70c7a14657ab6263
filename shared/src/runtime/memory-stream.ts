import { type Bus, CodedError, type DurableMessage, type Subscription } from '@muster/shared/core'
import { matchesSubject } from './subject-match.ts'

const DEDUPE_WINDOW_MS = 120_000
const RETRY_MS = 20

interface Stored {
  readonly subject: string
  readonly payload: Uint8Array
  deliveries: number
}

/** A durable stream in memory: messages wait until a consumer's handler has taken them. */
export interface MemoryStream {
  readonly subjects: readonly string[]
  covers(subject: string): boolean
  append(subject: string, payload: Uint8Array, msgId: string): void
  consume(handler: Parameters<Bus['consume']>[1], options: Parameters<Bus['consume']>[2]): Subscription
  info(): { messages: number; bytes: number }
}

export function createMemoryStream(subjects: readonly string[], bytesMax: number): MemoryStream {
  const waiting: Stored[] = []
  const seen = new Map<string, number>()
  let bytes = 0
  let arrived = (): void => undefined

  const forgetOld = (nowMs: number): void => {
    for (const [msgId, atMs] of seen) {
      if (nowMs - atMs < DEDUPE_WINDOW_MS) break
      seen.delete(msgId)
    }
  }

  return {
    subjects,
    covers: (subject) => subjects.some((pattern) => matchesSubject(pattern, subject)),
    append: (subject, payload, msgId) => {
      const nowMs = performance.now()
      forgetOld(nowMs)
      if (seen.has(msgId)) return
      if (bytes + payload.length > bytesMax)
        throw new CodedError('bus/stream-full', 'the stream has reached its size limit')
      seen.set(msgId, nowMs)
      bytes += payload.length
      waiting.push({ subject, payload, deliveries: 0 })
      arrived()
    },
    consume: (handler, { maxBatch, onError }) => {
      let stopped = false
      const work = async (): Promise<void> => {
        while (!stopped) {
          if (waiting.length === 0) {
            await new Promise<void>((resolve) => {
              arrived = resolve
            })
            continue
          }
          const batch = waiting.slice(0, maxBatch)
          for (const message of batch) message.deliveries++
          try {
            await handler(batch as readonly DurableMessage[])
            waiting.splice(0, batch.length)
            bytes -= batch.reduce((sum, { payload }) => sum + payload.length, 0)
          } catch (error) {
            onError?.(error)
            await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
          }
        }
      }
      const working = new Promise<void>((resolve) => setImmediate(resolve)).then(work)
      return {
        stop: async () => {
          stopped = true
          arrived()
          await working
        },
      }
    },
    info: () => ({ messages: waiting.length, bytes }),
  }
}
