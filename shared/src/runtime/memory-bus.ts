import { streamSubjects } from '@muster/shared/contracts'
import {
  type Bus,
  type BusMessage,
  type BusStatus,
  CodedError,
  type StreamName,
  type Subscription,
} from '@muster/shared/core'
import { createMemoryStream, type MemoryStream } from './memory-stream.ts'
import { matchesSubject } from './subject-match.ts'

/** A broker in this process, for worlds and tests that need no server. What it promises is what `busConformance` checks. */
export interface MemoryBroker {
  connect(name: string): Bus
  /** Cut every connection, or bring them back. */
  setOnline(online: boolean): void
}

interface Listener {
  readonly pattern: string
  readonly queue: string | undefined
  readonly owner: Connection
  deliver(message: Delivered): void
}

interface Delivered extends BusMessage {
  readonly reply?: (payload: Uint8Array) => void
}

interface Connection {
  closed: boolean
  readonly statusListeners: Set<(status: BusStatus) => void>
}

const GIB = 1_073_741_824

export function createMemoryBroker(options: { reportsBytesMax?: number } = {}): MemoryBroker {
  const broker: Broker = {
    listeners: new Set(),
    streams: {
      REPORTS: createMemoryStream(streamSubjects.REPORTS, options.reportsBytesMax ?? 2 * GIB),
      DLQ: createMemoryStream(streamSubjects.DLQ, GIB),
    },
    blobs: new Map(),
    connections: new Set(),
    online: true,
    turn: 0,
  }
  return {
    connect: () => connectTo(broker),
    setOnline: (online) => {
      if (broker.online === online) return
      broker.online = online
      for (const { statusListeners } of broker.connections) {
        for (const listener of statusListeners) listener(online ? 'connected' : 'disconnected')
      }
    },
  }
}

interface Broker {
  readonly listeners: Set<Listener>
  readonly streams: Readonly<Record<StreamName, MemoryStream>>
  readonly blobs: Map<string, Uint8Array>
  readonly connections: Set<Connection>
  online: boolean
  turn: number
}

function connectTo(broker: Broker): Bus {
  const connection: Connection = { closed: false, statusListeners: new Set() }
  broker.connections.add(connection)
  const usable = (): void => {
    if (connection.closed) throw new CodedError('bus/closed', 'the bus was closed')
    if (!broker.online) throw new CodedError('bus/disconnected', 'there is no connection to the broker')
  }
  const listen = (pattern: string, queue: string | undefined, deliver: Listener['deliver']): Subscription => {
    const listener: Listener = { pattern, queue, owner: connection, deliver }
    broker.listeners.add(listener)
    return {
      stop: async () => {
        broker.listeners.delete(listener)
      },
    }
  }
  return {
    get connected() {
      return broker.online && !connection.closed
    },
    publish: (subject, payload) => {
      if (connection.closed || !broker.online) return
      deliverLater(broker, connection, { subject, payload })
      for (const stream of Object.values(broker.streams)) {
        if (stream.covers(subject)) stream.append(subject, payload, `core-${broker.turn++}`)
      }
    },
    subscribe: (pattern, handler, { queue } = {}) => listen(pattern, queue, handler),
    request: async (subject, payload, { timeoutMs }) => {
      usable()
      return ask(broker, connection, subject, payload, timeoutMs)
    },
    respond: (pattern, handler, { queue, onError } = {}) =>
      listen(pattern, queue, (message) => {
        handler(message).then(
          (answer) => message.reply?.(answer),
          (error: unknown) => onError?.(error, message),
        )
      }),
    append: async (subject, payload, { msgId }) => {
      usable()
      const stream = Object.values(broker.streams).find((candidate) => candidate.covers(subject))
      await turn()
      if (!stream) throw new CodedError('bus/no-responders', 'no stream takes this subject')
      stream.append(subject, payload, msgId)
    },
    consume: async (stream, handler, options) => {
      usable()
      return broker.streams[stream].consume(handler, options)
    },
    putBlob: async (key, body) => {
      usable()
      broker.blobs.set(key, body)
    },
    getBlob: async (key) => {
      usable()
      return broker.blobs.get(key)
    },
    onStatus: (listener) => {
      connection.statusListeners.add(listener)
      return {
        stop: async () => {
          connection.statusListeners.delete(listener)
        },
      }
    },
    streamInfo: async (stream) => {
      usable()
      return broker.streams[stream].info()
    },
    close: async () => {
      connection.closed = true
      broker.connections.delete(connection)
      for (const listener of broker.listeners) {
        if (listener.owner === connection) broker.listeners.delete(listener)
      }
    },
  }
}

/** Hand a message to those who listen now, at a later turn of the event loop. Answers how many they are. */
function deliverLater(broker: Broker, from: Connection, message: Delivered): number {
  const chosen = receivers(broker, from, message)
  for (const listener of chosen) {
    setImmediate(() => {
      if (broker.online && broker.listeners.has(listener)) listener.deliver(message)
    })
  }
  return chosen.length
}

/** Everybody without a queue group, and one member of each group. A connection does not hear itself. */
function receivers(broker: Broker, from: Connection, { subject }: Delivered): readonly Listener[] {
  const matching = [...broker.listeners].filter(
    (listener) => listener.owner !== from && matchesSubject(listener.pattern, subject),
  )
  const groups = Map.groupBy(
    matching.filter(({ queue }) => queue !== undefined),
    ({ queue }) => queue,
  )
  const members = [...groups.values()].map((group) => group[broker.turn++ % group.length] as Listener)
  return [...matching.filter(({ queue }) => queue === undefined), ...members]
}

function ask(
  broker: Broker,
  from: Connection,
  subject: string,
  payload: Uint8Array,
  timeoutMs: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const done = (finish: () => void): void => {
      clearTimeout(timer)
      from.statusListeners.delete(onStatus)
      finish()
    }
    const timer = setTimeout(() => {
      done(() => reject(new CodedError('bus/timeout', `no answer on ${subject} in ${timeoutMs} ms`)))
    }, timeoutMs)
    const onStatus = (): void =>
      done(() => reject(new CodedError('bus/disconnected', 'the connection went before the answer came')))
    from.statusListeners.add(onStatus)
    const reply = (answer: Uint8Array): void => {
      setImmediate(() => done(() => resolve(answer)))
    }
    if (deliverLater(broker, from, { subject, payload, reply }) === 0) {
      done(() => reject(new CodedError('bus/no-responders', `nobody serves ${subject}`)))
    }
  })
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
