import { createHash } from 'node:crypto'
import { DeadLetterMessage, decodeText } from '@muster/shared/contracts'
import { type Bus, type Clock, type DurableMessage, HOUR_MS, type Subscription } from '@muster/shared/core'
import type { Logger } from '@muster/shared/runtime'
import { boundsAt, type StoredLetter } from '../../app/dead-letters.ts'
import type { Store } from '../../app/ports.ts'

const LETTERS_PER_BATCH = 64
/** After so much, what is beyond the bounds is let go of: there may be as much more for a while. */
const LET_GO_AFTER = { letters: 500, bytes: 1_048_576, ms: HOUR_MS } as const

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
  const since = { letters: 0, bytes: 0, ms: 0 }
  return bus.consume(
    'DLQ',
    async (messages) => {
      const nowMs = clock.nowMs()
      const letters = messages.flatMap((message) => letterOf(message, nowMs))
      await store.deadLetters.append(letters)
      since.letters += letters.length
      for (const { payload } of letters) since.bytes += payload.length
      const { letters: many, bytes: large, ms: long } = LET_GO_AFTER
      if (since.letters < many && since.bytes < large && nowMs - since.ms < long) return
      await store.deadLetters.removeBeyond(boundsAt(nowMs))
      Object.assign(since, { letters: 0, bytes: 0, ms: nowMs })
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
