import { createHash } from 'node:crypto'
import type { EpochMs } from '@muster/shared/core'

/**
 * The ordered record of all that happens in a world, as a hash: two worlds with the same hash had the same history. What
 * cannot be seeded has no place in it: keys, signatures, and the fingerprints made of them.
 */
export interface Chronicle {
  /** One line: when, and what, in words that are the same in every replay. */
  add(atMs: EpochMs, line: string): void
  readonly events: number
  /** Close the record. */
  sha256(): string
}

/** Lines that are hashed together. */
const CHUNK = 512

export function createChronicle(startMs: EpochMs): Chronicle {
  const hash = createHash('sha256')
  let chunk: string[] = []
  let events = 0
  const flush = (): void => {
    if (chunk.length > 0) hash.update(`${chunk.join('\n')}\n`)
    chunk = []
  }
  return {
    add: (atMs, line) => {
      events++
      chunk.push(`${atMs - startMs} ${line}`)
      if (chunk.length >= CHUNK) flush()
    },
    get events() {
      return events
    },
    sha256: () => {
      flush()
      return hash.copy().digest('hex')
    },
  }
}
