import { type Bus, type BusStatus, CodedError, type Subscription } from '@muster/shared/core'

/** A bus whose connection can be replaced by another one, unseen by who uses it. */
export interface RenewingBus extends Bus {
  /** Go over to a new connection: what is under way ends on the old one, and no message is missed or comes twice. */
  renew(): Promise<void>
}

/** What was subscribed to, on whichever connection it is at the moment. */
interface Standing {
  start(bus: Bus): Subscription
  now: Subscription
}

/**
 * A bus over connections that `connect` makes. Each subscription is in a queue group of its own, `name` and its number, so
 * that while two connections overlap each message comes on one of them.
 */
export async function createRenewingBus(name: string, connect: () => Promise<Bus>): Promise<RenewingBus> {
  let bus = await connect()
  let count = 0
  let closed = false
  let renewing: Promise<void> | undefined
  const standing = new Set<Standing>()
  const listeners = new Set<(status: BusStatus) => void>()
  /** What has been begun on the bus of the moment, and not ended. */
  let underWay = new Set<Promise<unknown>>()
  const listen = (heard: Bus): Subscription =>
    heard.onStatus((status) => {
      if (heard === bus) for (const listener of listeners) listener(status)
    })
  let listening = listen(bus)

  const keep = (start: Standing['start']): Subscription => {
    const entry: Standing = { start, now: start(bus) }
    standing.add(entry)
    return {
      stop: async () => {
        standing.delete(entry)
        await entry.now.stop()
      },
    }
  }
  const through = async <T>(work: (now: Bus) => Promise<T>): Promise<T> => {
    const among = underWay
    const working = work(bus)
    among.add(working)
    try {
      return await working
    } finally {
      among.delete(working)
    }
  }
  const goOver = async (): Promise<void> => {
    const next = await connect()
    if (closed) return next.close()
    const [before, ending, heard] = [bus, underWay, listening]
    // The old ones go on until their connection has no more to give: closing works off what has arrived.
    for (const entry of standing) entry.now = entry.start(next)
    const away = !before.connected
    bus = next
    underWay = new Set()
    listening = listen(next)
    await heard.stop()
    if (away) for (const listener of listeners) listener('connected')
    await Promise.allSettled(ending)
    await before.close()
  }

  return {
    renew: () => {
      if (closed) return Promise.reject(new CodedError('bus/closed', 'the bus was closed'))
      renewing ??= goOver().finally(() => {
        renewing = undefined
      })
      return renewing
    },
    get connected() {
      return bus.connected
    },
    publish: (subject, payload) => bus.publish(subject, payload),
    subscribe: (pattern, handler, options) => {
      const queue = options?.queue ?? `${name}-${++count}`
      return keep((on) => on.subscribe(pattern, handler, { queue }))
    },
    respond: (pattern, handler, options) => {
      const queue = options?.queue ?? `${name}-${++count}`
      return keep((on) => on.respond(pattern, handler, { ...options, queue }))
    },
    request: (...asked) => through((now) => now.request(...asked)),
    append: (...appended) => through((now) => now.append(...appended)),
    putBlob: (...put) => through((now) => now.putBlob(...put)),
    getBlob: (key) => through((now) => now.getBlob(key)),
    streamInfo: (stream) => through((now) => now.streamInfo(stream)),
    // A consumer's place is kept by the server: whoever works through streams connects as a service does.
    consume: (...consumed) => bus.consume(...consumed),
    onStatus: (listener) => {
      listeners.add(listener)
      return {
        stop: async () => {
          listeners.delete(listener)
        },
      }
    },
    close: async () => {
      closed = true
      await renewing?.catch(() => undefined)
      await listening.stop()
      await bus.close()
    },
  }
}
