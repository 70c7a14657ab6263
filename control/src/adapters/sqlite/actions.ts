import type { Actions } from '../../app/ports.ts'
import type { RemoteAction } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { listsOf, type RowCache } from './row-cache.ts'
import { bodies, type Columns, LISTED, list, upsertAll, upsertSql } from './rows.ts'

const columns: Columns<RemoteAction> = {
  id: (action) => action.id,
  deviceId: (action) => action.deviceId,
  action: (action) => action.action,
  state: (action) => action.state,
  requestedAtMs: (action) => action.requestedAtMs,
}

const upsert = upsertSql('remote_action', Object.keys(columns), ['id'])

/** In order of asking; ids decide between those of one moment. */
const inOrder = (a: RemoteAction, b: RemoteAction): number =>
  a.requestedAtMs - b.requestedAtMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** `cache` holds the open actions of a device by the device's id. */
export function actions(database: Database, cache?: RowCache<readonly RemoteAction[]>): Actions {
  const some = (where: string, ...values: (string | number)[]): readonly RemoteAction[] =>
    bodies<RemoteAction>(database.all(`SELECT body FROM remote_action WHERE ${where}`, ...values))
  return {
    getMany: async (ids) => some(`id IN ${LISTED}`, list(ids)),
    open: async (deviceIds) =>
      [
        ...listsOf(cache, [...new Set(deviceIds)], (missing) =>
          Map.groupBy(
            some(`deviceId IN ${LISTED} AND state IN ('pending', 'active')`, list(missing)),
            ({ deviceId }) => deviceId,
          ),
        ).values(),
      ]
        .flat()
        .sort(inOrder),
    forDevice: async (deviceId) => some('deviceId = ? ORDER BY requestedAtMs, id', deviceId),
    put: async (entities) => {
      for (const { deviceId } of entities) cache?.forget(deviceId)
      upsertAll(database, upsert, columns, entities)
    },
    countSince: async (action, sinceMs) =>
      Number(
        database.get(
          `SELECT count(*) AS n FROM remote_action WHERE action = ? AND requestedAtMs > ? AND state <> 'notSupported'`,
          action,
          sinceMs,
        )?.['n'] ?? 0,
      ),
    tally: async () =>
      database
        .all('SELECT state, count(*) AS actions FROM remote_action GROUP BY state')
        .map((row) => ({ state: row['state'] as RemoteAction['state'], actions: Number(row['actions']) })),
  }
}
