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
  /** What there is so far, for another to go on from. */
  image(): ChronicleImage
  /** Close the record. */
  sha256(): string
}

/** A record so far: its hash stands for what was in it. */
export interface ChronicleImage {
  readonly events: number
  readonly sha256: string
}

/** Lines that are hashed together. */
const CHUNK = 512

export function createChronicle(startMs: EpochMs, before?: ChronicleImage): Chronicle {
  const hash = createHash('sha256')
  let chunk: string[] = before ? [`after ${before.sha256}`] : []
  let events = before?.events ?? 0
  const flush = (): void => {
    if (chunk.length > 0) hash.update(`${chunk.join('\n')}\n`)
    chunk = []
  }
  const digest = (): string => {
    flush()
    return hash.copy().digest('hex')
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
    image: () => ({ events, sha256: digest() }),
    sha256: digest,
  }
}
