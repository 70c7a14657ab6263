import { appendFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { LogLine } from './line.ts'

/** The record of a run as it goes. */
export interface EventLog {
  add(line: LogLine): void
  /** What was added is in the file, and is there whatever becomes of this process. */
  flush(): void
  close(): void
}

export const EVENT_LOG = 'events.ndjson.gz'

const BUFFERED_MAX = 64 * 1_024
const FLUSH_EVERY_WALL_MS = 1_000

/**
 * Write a log of JSON lines, compressed. Each flush is a gzip member of its own, written in one go: what was flushed can be
 * read after a SIGKILL, by any gunzip. The log is beside the run, not in its way: what cannot be written ends it, with
 * one word to `onBroken`.
 */
export function openEventLog(path: string, onBroken: (error: Error) => void): EventLog {
  let waiting: string[] = []
  let bytes = 0
  let broken = false
  const flush = (): void => {
    if (broken || waiting.length === 0) return
    const text = waiting.join('')
    waiting = []
    bytes = 0
    try {
      appendFileSync(path, gzipSync(text), { mode: 0o600 })
    } catch (error) {
      broken = true
      onBroken(error as Error)
    }
  }
  const timer = setInterval(flush, FLUSH_EVERY_WALL_MS).unref()
  return {
    add: (line) => {
      if (broken) return
      const text = `${JSON.stringify(line)}\n`
      waiting.push(text)
      bytes += text.length
      if (bytes >= BUFFERED_MAX) flush()
    },
    flush,
    close: () => {
      clearInterval(timer)
      flush()
    },
  }
}
