import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'

/** What a page costs that nobody filters, checks or shapes: the least that this machine can do. */
export interface PageFloor {
  readonly medianMs: number
  readonly p99Ms: number
}

const ROWS = 20_000
const PAGE = 100
const TIMES = 300

/** A hundred documents of two kilobytes from SQLite by an index, read and written as JSON. */
export function measurePageFloor(dir: string): PageFloor {
  const database = new DatabaseSync(join(dir, 'page-floor.db'))
  try {
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)')
    const insert = database.prepare('INSERT INTO t (body) VALUES (?)')
    const fields = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`property${index}`, 'x'.repeat(20)]))
    database.exec('BEGIN')
    for (let row = 0; row < ROWS; row++) insert.run(JSON.stringify({ row, ...fields }))
    database.exec('COMMIT')
    const read = database.prepare(`SELECT body FROM t WHERE id > ? ORDER BY id LIMIT ${PAGE}`)
    const took = Array.from({ length: TIMES }, (_, time) => {
      const fromMs = performance.now()
      const page = read.all((time * 7_919) % (ROWS - PAGE)).map(({ body }) => JSON.parse(String(body)))
      JSON.stringify(page)
      return performance.now() - fromMs
    }).sort((a, b) => a - b)
    const at = (share: number): number => took[Math.floor((TIMES - 1) * share)] ?? 0
    return { medianMs: at(0.5), p99Ms: at(0.99) }
  } finally {
    database.close()
  }
}
