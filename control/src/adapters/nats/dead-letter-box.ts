import { createHash } from 'node:crypto'
import { DeadLetterMessage, decodeText } from '@muster/shared/contracts'
import type { Bus, Clock, DurableMessage, Subscription } from '@muster/shared/core'
import type { Logger } from '@muster/shared/runtime'
import { boundsAt, type StoredLetter } from '../../app/dead-letters.ts'
import type { Store } from '../../app/ports.ts'

const LETTERS_PER_BATCH = 64

/** Takes dead letters from the stream into the store, where they can be looked at. */
export function openDeadLetterBox({
  bus,
  store,
  clock,
  log,
}: {
  readonly bus: Bus
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
}): Promise<Subscription> {
  return bus.consume(
    'DLQ',
    async (messages) => {
      const nowMs = clock.nowMs()
      const letters = messages.flatMap((message) => letterOf(message, nowMs))
      await store.deadLetters.append(letters, boundsAt(nowMs))
    },
    {
      durable: 'letters',
      maxBatch: LETTERS_PER_BATCH,
      onError: (error) => log.error({ err: error }, 'dead letters could not be kept; they stay on the stream'),
    },
  )
}

/** What lies there and is no letter is nobody's of ours, and is left. */
function letterOf({ payload }: DurableMessage, nowMs: number): readonly StoredLetter[] {
  const read = decodeText(DeadLetterMessage, new TextDecoder().decode(payload))
  if (!read.ok) return []
  const { v: _, sha256, ...letter } = read.value
  const { subject, code } = letter
  const id = createHash('sha256')
    .update(`${subject}\n${code}\n${sha256 ?? letter.payload}`)
    .digest('hex')
    .slice(0, 16)
  return [{ ...letter, id, firstAtMs: nowMs, lastAtMs: nowMs, times: 1 }]
}
