import type { DirectoryChanges } from '../../app/directory-changes.ts'
import type { DirectoryChange, DirectoryKind } from '../../domain/directory-change.ts'
import type { Database } from './database.ts'
import { LISTED, list } from './rows.ts'

/** What was there before changes were noted has sequences below 0. */
const LATEST = 'SELECT max(0, coalesce(max(sequence), 0)) AS latest FROM directory_change'

/** As a scalar: joined as a table, the greatest of all is looked for among all. */
const NEXT = `((${LATEST}) + 1)`

export const NOTE = `INSERT INTO directory_change (kind, id, sequence, deleted, createdSequence)
  VALUES (?, ?, ${NEXT}, ?, ${NEXT})
  ON CONFLICT (kind, id) DO UPDATE SET sequence = excluded.sequence, deleted = excluded.deleted,
    createdSequence = iif(deleted AND NOT excluded.deleted, excluded.sequence, createdSequence)`

/** Note that something of the directory has changed, or is gone. */
export function noteChange(database: Database, kind: DirectoryKind, id: string, deleted = false): void {
  database.run(NOTE, kind, id, Number(deleted))
}

export function directoryChanges(database: Database): DirectoryChanges {
  return {
    latest: async () => Number(database.get(LATEST)?.['latest'] ?? 0),
    since: async (sequence, kinds, limit) =>
      database
        .all(
          `SELECT sequence, createdSequence, kind, id, deleted FROM directory_change
            WHERE sequence > ? AND kind IN ${LISTED} ORDER BY sequence LIMIT ?`,
          sequence,
          list(kinds),
          limit,
        )
        .map(
          (row): DirectoryChange => ({
            sequence: Number(row['sequence']),
            createdSequence: Number(row['createdSequence']),
            kind: row['kind'] as DirectoryKind,
            id: String(row['id']),
            deleted: row['deleted'] === 1,
          }),
        ),
  }
}
