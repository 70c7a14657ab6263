/**
 * The messaging port. Two implementations: `memoryBus` (one process) and `natsBus` (a real nats-server); one conformance
 * suite, `busConformance`, holds both to what is written here. Subjects are dot-separated tokens; a pattern may use `*`
 * for one token and a last `>` for one or more.
 *
 * Payloads are bytes: encode once at the edge (see `contracts/wire.ts`).
 */
export interface Bus {
  /** Fire and forget: delivered to those who are subscribed now, at most once. Silently lost while disconnected. */
  publish(subject: string, payload: Uint8Array): void

  /** Receive what is published on a pattern. With `queue`, each message goes to one member of the group. */
  subscribe(pattern: string, handler: (message: BusMessage) => void, options?: { queue?: string }): Subscription

  /**
   * Ask and wait for one answer.
   * @throws CodedError `bus/no-responders` (at once), `bus/timeout`, `bus/too-large`, `bus/disconnected`, `bus/closed`
   */
  request(subject: string, payload: Uint8Array, options: { timeoutMs: number }): Promise<Uint8Array>

  /** Answer requests on a pattern. A handler that throws leaves the asker to its time-out; the error goes to `onError`. */
  respond(
    pattern: string,
    handler: (message: BusMessage) => Promise<Uint8Array>,
    options?: { queue?: string; onError?: (error: unknown, message: BusMessage) => void },
  ): Subscription

  /**
   * Durable publish: resolves when the stream that covers the subject has taken the message. The same `msgId` within
   * two minutes is stored once.
   * @throws CodedError `bus/stream-full`, `bus/too-large`, `bus/timeout`, `bus/disconnected`, `bus/closed`,
   * `bus/no-responders`
   */
  append(subject: string, payload: Uint8Array, options: { msgId: string }): Promise<void>

  /**
   * Work through a stream in batches, in order, one batch at a time. A batch is acknowledged when the handler resolves
   * and is delivered again (to this or another consumer of the same `durable`) when it rejects or the process dies.
   */
  consume(
    stream: StreamName,
    handler: (batch: readonly DurableMessage[]) => Promise<void>,
    options: { durable: string; maxBatch: number; onError?: (error: unknown) => void },
  ): Promise<Subscription>

  /** Keep a body under a key (policy bodies by digest). Overwrites. Same errors as `append`. */
  putBlob(key: string, body: Uint8Array): Promise<void>

  /** The body under a key, or `undefined` when there is none. Same errors as `request`. */
  getBlob(key: string): Promise<Uint8Array | undefined>

  /** True while the connection stands. */
  readonly connected: boolean

  /** Told of each loss and return of the connection, and of nothing else. */
  onStatus(listener: (status: BusStatus) => void): Subscription

  /** Figures of a stream, for diagnosis and tests. */
  streamInfo(stream: StreamName): Promise<{ messages: number; bytes: number }>

  /** Finish what is under way (at most 5 s) and disconnect. Further calls fail with `bus/closed`. Idempotent. */
  close(): Promise<void>
}

export interface BusMessage {
  readonly subject: string
  readonly payload: Uint8Array
}

export interface DurableMessage extends BusMessage {
  /** How often the stream has handed this message out, 1 at first. */
  readonly deliveries: number
}

export interface Subscription {
  /** Stop receiving; resolves when the handler under way has ended. Idempotent. */
  stop(): Promise<void>
}

export type BusStatus = 'disconnected' | 'connected'

/** Durable streams: device reports (work queue), and what could not be read, with its reason (kept 30 days). */
export type StreamName = 'REPORTS' | 'DLQ'
