import type { LiveEvent } from '@muster/shared/contracts'

/** An answer as it came, headers in lower case. */
export interface FullAnswer {
  readonly status: number
  readonly body?: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** An authenticated client of one Muster: Graph, the simulation API, and the live door. */
export interface MusterClient {
  /** @throws CodedError `client/refused`, `client/unreachable`, or the code of the service's own trouble */
  call(method: string, path: string, body?: unknown): Promise<unknown>
  /** The same, with whatever is answered, refusals among it. @throws CodedError `client/unreachable` */
  ask(method: string, path: string): Promise<FullAnswer>
  /** Be told what happens, and the statistics over and over, until stopped; also over a restart of the service. */
  watch(listener: (event: LiveEvent) => void): () => void
  readonly url: string
  close(): void
}
