/** Calls out to the addresses that clients give, to tell them what has changed. */
export interface Receivers {
  /** Rejects when no answer came within the time. */
  post(call: ReceiverCall): Promise<ReceiverReply>
  /** Give up what is under way, and call nobody any more. */
  close(): void
}

export interface ReceiverCall {
  readonly url: string
  readonly contentType: string
  readonly body: string
  readonly timeoutMs: number
}

export interface ReceiverReply {
  readonly status: number
  readonly contentType: string
  /** Its beginning. */
  readonly body: string
}
