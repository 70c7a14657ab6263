import type { Documents } from '../../app/ports.ts'
import type { Database } from './database.ts'
import { bodies, type Columns, upsertAll, upsertSql } from './rows.ts'

/** `Documents` over a table of id, mirrored columns and body. */
export function documents<T extends { readonly id: string }>(
  database: Database,
  table: string,
  columns: Columns<T> = {},
): Documents<T> {
  const mirrored: Columns<T> = { id: (document) => document.id, ...columns }
  const upsert = upsertSql(table, Object.keys(mirrored), ['id'])
  return {
    get: async (id) => bodies<T>(database.all(`SELECT body FROM ${table} WHERE id = ?`, id))[0],
    list: async () => bodies<T>(database.all(`SELECT body FROM ${table} ORDER BY id`)),
    put: async (document) => upsertAll(database, upsert, mirrored, [document]),
    delete: async (id) => database.run(`DELETE FROM ${table} WHERE id = ?`, id) > 0,
  }
}
