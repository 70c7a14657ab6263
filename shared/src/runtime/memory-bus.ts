import { streamSubjects } from '@muster/shared/contracts'
import {
  type Bus,
  type BusMessage,
  type BusStatus,
  type Clock,
  CodedError,
  type StreamName,
  type Subscription,
} from '@muster/shared/core'
import {
  createMemoryNetwork,
  type Link,
  type LinkConditions,
  type MemoryNetwork,
  type NetworkCounts,
} from './memory-network.ts'
import { createMemoryStream, type KeptMessage, type MemoryStream } from './memory-stream.ts'
import { systemClock } from './scaled-clock.ts'
import { matchesSubject } from './subject-match.ts'

/** A broker in this process, for worlds and tests that need no server. What it promises is what `busConformance` checks. */
export interface MemoryBroker {
  connect(name: string): Bus
  /** Cut connections from the broker, or bring them back: those of the names that pass, all by default. */
  setOnline(online: boolean, which?: (name: string) => boolean): void
  /** Let nothing through to or from the connections whose names pass, as when one side hangs: they stand, and wait. */
  setHeld(held: boolean, which?: (name: string) => boolean): void
  /** How messages fare from now on between the broker and the connections whose names pass. */
  setConditions(conditions: LinkConditions, which?: (name: string) => boolean): void
  /** Lose what streams and buckets hold, as a broker that comes back without its store. */
  wipe(): void
  readonly counts: Readonly<NetworkCounts>
  /** Messages that have set out and not arrived. */
  readonly underWay: number
  /** What it keeps, for another broker to go on with. Who has taken up what is under way is not part of it. */
  image(): BrokerImage
}

/** What streams and buckets hold, and what the network has counted. */
export interface BrokerImage {
  readonly streams: Readonly<Record<StreamName, readonly KeptMessage[]>>
  readonly blobs: readonly (readonly [key: string, body: Uint8Array])[]
  readonly counts: Readonly<NetworkCounts>
}

export interface MemoryBrokerOptions {
  readonly reportsBytesMax?: number
  /** On which messages travel and time-outs run. @default real time */
  readonly clock?: Clock
  /** Of the network's chance. */
  readonly seed?: string
  /** What another has kept. */
  readonly image?: BrokerImage
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
  readonly link: Link
  readonly statusListeners: Set<(status: BusStatus) => void>
}

const GIB = 1_073_741_824
/** An append whose acknowledgement does not come fails after this time. */
const APPEND_TIMEOUT_MS = 5_000

export function createMemoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const { clock = systemClock(), seed = 'network', reportsBytesMax = 2 * GIB } = options
  const broker: Broker = {
    clock,
    network: createMemoryNetwork(clock, seed),
    listeners: new Set(),
    matching: new Map(),
    streams: {
      REPORTS: createMemoryStream(streamSubjects.REPORTS, reportsBytesMax, clock),
      DLQ: createMemoryStream(streamSubjects.DLQ, GIB, clock),
    },
    blobs: new Map(),
    connections: new Set(),
    absent: () => false,
    hanging: () => false,
    conditions: [],
    turn: 0,
  }
  if (options.image) takeUp(broker, options.image)
  const everybody = (): boolean => true
  return {
    connect: (name) => connectTo(broker, name),
    setOnline: (online, which = everybody) => {
      const before = broker.absent
      broker.absent = (name) => (which(name) ? !online : before(name))
      for (const connection of broker.connections) if (which(connection.link.name)) setCut(connection, !online)
      for (const stream of Object.values(broker.streams)) stream.wake()
    },
    setHeld: (held, which = everybody) => {
      const before = broker.hanging
      broker.hanging = (name) => (which(name) ? held : before(name))
      for (const { link } of broker.connections) {
        if (!which(link.name)) continue
        if (held) broker.network.hold(link)
        else broker.network.release(link)
      }
      for (const stream of Object.values(broker.streams)) stream.wake()
    },
    setConditions: (conditions, which = everybody) => {
      broker.conditions.push({ which, conditions })
      for (const { link } of broker.connections) if (which(link.name)) link.conditions = conditions
    },
    wipe: () => {
      broker.blobs.clear()
      for (const stream of Object.values(broker.streams)) stream.wipe()
    },
    counts: broker.network.counts,
    get underWay() {
      return broker.network.underWay
    },
    image: () => ({
      streams: { REPORTS: broker.streams.REPORTS.waiting(), DLQ: broker.streams.DLQ.waiting() },
      blobs: [...broker.blobs],
      counts: { ...broker.network.counts },
    }),
  }
}

function takeUp(broker: Broker, { streams, blobs, counts }: BrokerImage): void {
  for (const [name, messages] of Object.entries(streams))
    for (const [index, { subject, payload }] of messages.entries())
      broker.streams[name as StreamName].append(subject, payload, `kept-${index}`)
  for (const [key, body] of blobs) broker.blobs.set(key, body)
  Object.assign(broker.network.counts, counts)
}

interface Broker {
  readonly clock: Clock
  readonly network: MemoryNetwork
  readonly listeners: Set<Listener>
  /** Listeners by subject, as long as nobody comes or goes. */
  readonly matching: Map<string, readonly Listener[]>
  readonly streams: Readonly<Record<StreamName, MemoryStream>>
  readonly blobs: Map<string, Uint8Array>
  readonly connections: Set<Connection>
  /** Who finds no broker. */
  absent: (name: string) => boolean
  /** For whom nothing gets through. */
  hanging: (name: string) => boolean
  readonly conditions: { which: (name: string) => boolean; conditions: LinkConditions }[]
  turn: number
}

function setCut(connection: Connection, cut: boolean): void {
  if (connection.link.cut === cut) return
  connection.link.cut = cut
  for (const listener of connection.statusListeners) listener(cut ? 'disconnected' : 'connected')
}

function connectTo(broker: Broker, name: string): Bus {
  const { network } = broker
  const link = network.link(name)
  link.cut = broker.absent(name)
  if (broker.hanging(name)) network.hold(link)
  link.conditions = broker.conditions.findLast(({ which }) => which(name))?.conditions ?? {}
  const connection: Connection = { closed: false, link, statusListeners: new Set() }
  broker.connections.add(connection)
  const reachable = (): boolean => !link.cut && !connection.closed
  const usable = (): void => {
    if (connection.closed) throw new CodedError('bus/closed', 'the bus was closed')
    if (link.cut) throw new CodedError('bus/disconnected', 'there is no connection to the broker')
  }
  const listen = (pattern: string, queue: string | undefined, deliver: Listener['deliver']): Subscription => {
    const listener: Listener = { pattern, queue, owner: connection, deliver }
    broker.listeners.add(listener)
    broker.matching.clear()
    return {
      stop: async () => {
        broker.listeners.delete(listener)
        broker.matching.clear()
      },
    }
  }
  return {
    get connected() {
      return reachable()
    },
    publish: (subject, payload) => {
      if (!reachable()) return
      network.carry(link, 'out', () => {
        deliver(broker, connection, { subject, payload })
        for (const stream of Object.values(broker.streams)) {
          if (stream.covers(subject)) stream.append(subject, payload, `core-${broker.turn++}`)
        }
      })
    },
    subscribe: (pattern, handler, { queue } = {}) => listen(pattern, queue, handler),
    request: async (subject, payload, { timeoutMs }) => {
      usable()
      return answerTo(broker, connection, timeoutMs, subject, (resolve, reject) => {
        const reply = (answer: Uint8Array): void => network.carry(link, 'in', () => resolve(answer))
        network.carry(link, 'out', () => {
          if (deliver(broker, connection, { subject, payload, reply }) > 0) return
          network.carry(link, 'in', () => reject(new CodedError('bus/no-responders', `nobody serves ${subject}`)))
        })
      })
    },
    respond: (pattern, handler, { queue, onError } = {}) =>
      listen(pattern, queue, (message) => {
        handler(message).then(
          (answer) => {
            if (reachable()) network.carry(link, 'out', () => message.reply?.(answer))
          },
          (error: unknown) => onError?.(error, message),
        )
      }),
    append: async (subject, payload, { msgId }) => {
      usable()
      const stream = Object.values(broker.streams).find((candidate) => candidate.covers(subject))
      await answerTo<void>(broker, connection, APPEND_TIMEOUT_MS, subject, (resolve, reject) => {
        network.carry(link, 'out', () => {
          const refusal = store(stream, subject, payload, msgId)
          network.carry(link, 'in', () => (refusal ? reject(refusal) : resolve()))
        })
      })
    },
    consume: async (stream, handler, { maxBatch, onError }) => {
      usable()
      const consuming = broker.streams[stream].consume({
        handler,
        maxBatch,
        reachable: () => reachable() && !link.held,
        ...(onError ? { onError } : {}),
      })
      return consuming
    },
    putBlob: async (key, body) => {
      usable()
      await passage(broker, connection, key)
      broker.blobs.set(key, body)
    },
    getBlob: async (key) => {
      usable()
      await passage(broker, connection, key)
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
      broker.matching.clear()
      for (const listener of broker.listeners) {
        if (listener.owner === connection) broker.listeners.delete(listener)
      }
    },
  }
}

function store(
  stream: MemoryStream | undefined,
  subject: string,
  payload: Uint8Array,
  msgId: string,
): CodedError | undefined {
  if (!stream) return new CodedError('bus/no-responders', 'no stream takes this subject')
  try {
    stream.append(subject, payload, msgId)
    return undefined
  } catch (error) {
    if (error instanceof CodedError) return error
    throw error
  }
}

/** Hand a message to those who listen when it has reached them. Answers how many they are. */
function deliver(broker: Broker, from: Connection, message: Delivered): number {
  const chosen = receivers(broker, from, message)
  for (const listener of chosen) {
    const { link } = listener.owner
    if (link.cut) continue
    broker.network.carry(link, 'in', () => {
      if (!link.cut && broker.listeners.has(listener)) listener.deliver(message)
    })
  }
  return chosen.length
}

/** Everybody without a queue group, and one member of each group. A connection does not hear itself. */
function receivers(broker: Broker, from: Connection, { subject }: Delivered): readonly Listener[] {
  let matching = broker.matching.get(subject)
  if (!matching) {
    matching = [...broker.listeners].filter(({ pattern }) => matchesSubject(pattern, subject))
    broker.matching.set(subject, matching)
  }
  const others = matching.filter(({ owner }) => owner !== from)
  if (others.every(({ queue }) => queue === undefined)) return others
  const groups = Map.groupBy(
    others.filter(({ queue, owner }) => queue !== undefined && !owner.link.cut),
    ({ queue }) => queue,
  )
  const members = [...groups.values()].map((group) => group[broker.turn++ % group.length] as Listener)
  return [...others.filter(({ queue }) => queue === undefined), ...members]
}

/** Wait while nothing gets through. */
async function passage(broker: Broker, connection: Connection, what: string): Promise<void> {
  const { link } = connection
  if (!link.held) return
  await answerTo<void>(broker, connection, APPEND_TIMEOUT_MS, what, (resolve) => {
    broker.network.carry(link, 'in', () => resolve())
  })
}

/** Wait for an answer: until the time is over, or the connection goes. */
function answerTo<T>(
  { clock }: Broker,
  from: Connection,
  timeoutMs: number,
  subject: string,
  ask: (resolve: (value: T) => void, reject: (error: CodedError) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = (finish: () => void): void => {
      timer.cancel()
      from.statusListeners.delete(onStatus)
      finish()
    }
    const refused = (error: CodedError): void => done(() => reject(error))
    const onStatus = (): void =>
      refused(new CodedError('bus/disconnected', 'the connection went before the answer came'))
    const timer = clock.at(clock.nowMs() + timeoutMs, () =>
      refused(new CodedError('bus/timeout', `no answer on ${subject} in ${timeoutMs} ms`)),
    )
    from.statusListeners.add(onStatus)
    ask((value) => done(() => resolve(value)), refused)
  })
}
