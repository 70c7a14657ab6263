import { chmodSync, closeSync, openSync } from 'node:fs'
import type { Database } from './database.ts'

/** Write a database whole into a new file, for its owner only. Nobody may be in the middle of a transaction. */
export function copyInto(database: Database, path: string): void {
  // The file is made first: what SQLite makes itself others could read for a moment.
  closeSync(openSync(path, 'wx', 0o600))
  database.run('VACUUM INTO ?', path)
  chmodSync(path, 0o600)
}

/** Fill an empty database with what a file has, schema and all. Rows keep their order. */
export function copyFrom(database: Database, path: string): void {
  database.run('ATTACH DATABASE ? AS source', path)
  try {
    const version = Number(database.get('PRAGMA source.user_version')?.['user_version'] ?? 0)
    const schema = database.all(
      `SELECT type, name, sql FROM source.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    const tables = schema.filter(({ type }) => type === 'table')
    for (const { name, sql } of tables) {
      database.run(String(sql))
      database.run(`INSERT INTO main."${name}" SELECT * FROM source."${name}"`)
    }
    for (const { sql } of schema.filter(({ type }) => type !== 'table')) database.run(String(sql))
    // Positions that were given once are not given again.
    database.run('DELETE FROM main.sqlite_sequence')
    database.run('INSERT INTO main.sqlite_sequence SELECT * FROM source.sqlite_sequence')
    database.run(`PRAGMA user_version = ${version}`)
  } finally {
    database.run('DETACH DATABASE source')
  }
}
