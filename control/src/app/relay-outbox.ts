import { encode } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'
import type { Store } from './ports.ts'

/** Messages that are taken from the outbox at a time. */
const BATCH = 200

export interface Relay {
  /** Something was committed to the outbox: send it soon. Calls while it is at work make it look once more. */
  wake(): void
  /** Send what is there and stop. */
  stop(): Promise<void>
}

/**
 * Sends what use cases have left in the outbox, in order, at least once: a message is forgotten after it was handed to
 * the bus. A lost poke is repaired by the device's next check-in.
 */
export function createRelay(
  { store, bus }: { readonly store: Pick<Store, 'outbox'>; readonly bus: Pick<Bus, 'publish' | 'connected'> },
  onError: (error: unknown) => void,
): Relay {
  let wanted = false
  let working: Promise<void> | undefined

  const drain = async (): Promise<void> => {
    while (wanted) {
      wanted = false
      for (;;) {
        // While there is no broker messages wait here; the return of the connection wakes the relay.
        if (!bus.connected) return
        const messages = await store.outbox.oldest(BATCH)
        for (const { subject, poke } of messages) bus.publish(subject, encode(poke))
        const last = messages.at(-1)
        if (!last) break
        await store.outbox.sent(last.position)
      }
    }
  }

  const wake = (): void => {
    wanted = true
    working ??= drain()
      .catch(onError)
      .finally(() => {
        working = undefined
      })
  }

  return {
    wake,
    stop: async () => {
      wake()
      await working
    },
  }
}
