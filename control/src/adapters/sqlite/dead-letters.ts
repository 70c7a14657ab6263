import type { DeadLetters, StoredLetter } from '../../app/dead-letters.ts'
import type { Database } from './database.ts'
import { bodies } from './rows.ts'

const KEPT = 'INSERT INTO dead_letter (id, code, lastAtMs, bytes, body, payload) VALUES (?, ?, ?, ?, ?, ?)'
const CHANGED = 'UPDATE dead_letter SET lastAtMs = ?, body = ? WHERE id = ?'

/** All that is before the newest ones that are within the bounds. Sizes are of what is kept. */
const BEYOND = `DELETE FROM dead_letter WHERE position <= (SELECT max(position) FROM (
  SELECT position, lastAtMs, row_number() OVER newest AS number, sum(bytes) OVER newest AS total FROM dead_letter
  WINDOW newest AS (ORDER BY position DESC)) WHERE number > ? OR total > ? OR lastAtMs < ?)`

export function deadLetters(database: Database): DeadLetters {
  const get = (id: string): StoredLetter | undefined => {
    const row = database.get('SELECT body, payload FROM dead_letter WHERE id = ?', id)
    if (!row) return undefined
    return { ...(JSON.parse(String(row['body'])) as StoredLetter), payload: String(row['payload']) }
  }
  const put = ({ payload: _, ...letter }: StoredLetter): void => {
    database.run(CHANGED, letter.lastAtMs, JSON.stringify(letter), letter.id)
  }
  return {
    append: async (letters) => {
      for (const letter of letters) {
        const known = get(letter.id)
        if (known) put({ ...known, lastAtMs: letter.lastAtMs, times: known.times + 1 })
        else {
          const { payload, ...rest } = letter
          database.run(KEPT, letter.id, letter.code, letter.lastAtMs, payload.length, JSON.stringify(rest), payload)
        }
      }
    },
    removeBeyond: async ({ letters, bytes, sinceMs }) => void database.run(BEYOND, letters, bytes, sinceMs),
    get: async (id) => get(id),
    page: async ({ before, code, limit }) =>
      bodies<Omit<StoredLetter, 'payload'>>(
        database.all(
          `SELECT body FROM dead_letter WHERE (? IS NULL OR position < (SELECT position FROM dead_letter WHERE id = ?))
           AND (? IS NULL OR code = ?) ORDER BY position DESC LIMIT ?`,
          before ?? null,
          before ?? null,
          code ?? null,
          code ?? null,
          limit,
        ),
      ),
    put: async (letter) => put(letter),
    delete: async (id) => database.run('DELETE FROM dead_letter WHERE id = ?', id) > 0,
  }
}
