import type { DirectoryChange, DirectoryChanges, DirectoryKind } from '../../app/directory-changes.ts'
import type { Database } from './database.ts'
import { LISTED, list } from './rows.ts'

const NOTE = `INSERT INTO directory_change (kind, id, sequence, deleted)
  VALUES (?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM directory_change), ?)
  ON CONFLICT (kind, id) DO UPDATE SET sequence = excluded.sequence, deleted = excluded.deleted`

/** Note that something of the directory has changed, or is gone. */
export function noteChange(database: Database, kind: DirectoryKind, id: string, deleted = false): void {
  database.run(NOTE, kind, id, Number(deleted))
}

export function directoryChanges(database: Database): DirectoryChanges {
  return {
    latest: async () => Number(database.get('SELECT max(sequence) AS latest FROM directory_change')?.['latest'] ?? 0),
    since: async (sequence, kinds, limit) =>
      database
        .all(
          `SELECT sequence, kind, id, deleted FROM directory_change WHERE sequence > ? AND kind IN ${LISTED} ORDER BY sequence LIMIT ?`,
          sequence,
          list(kinds),
          limit,
        )
        .map(
          (row): DirectoryChange => ({
            sequence: Number(row['sequence']),
            kind: row['kind'] as DirectoryKind,
            id: String(row['id']),
            deleted: row['deleted'] === 1,
          }),
        ),
  }
}
