import type { LiveEvent } from '@muster/shared/contracts'

/** An authenticated client of one Muster: Graph, the simulation API, and the live door. */
export interface MusterClient {
  /** @throws CodedError `client/refused`, `client/unreachable`, or the code of the service's own trouble */
  call(method: string, path: string, body?: unknown): Promise<unknown>
  /** Be told what happens, and the statistics over and over, until stopped; also over a restart of the service. */
  watch(listener: (event: LiveEvent) => void): () => void
  readonly url: string
  close(): void
}
