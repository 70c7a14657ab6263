import type { Actions } from '../../app/ports.ts'
import type { RemoteAction } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { bodies, type Columns, LISTED, list, upsertAll, upsertSql } from './rows.ts'

const columns: Columns<RemoteAction> = {
  id: (action) => action.id,
  deviceId: (action) => action.deviceId,
  action: (action) => action.action,
  state: (action) => action.state,
  requestedAtMs: (action) => action.requestedAtMs,
}

const upsert = upsertSql('remote_action', Object.keys(columns), ['id'])

export function actions(database: Database): Actions {
  const some = (where: string, ...values: (string | number)[]): readonly RemoteAction[] =>
    bodies<RemoteAction>(database.all(`SELECT body FROM remote_action WHERE ${where}`, ...values))
  return {
    getMany: async (ids) => some(`id IN ${LISTED}`, list(ids)),
    open: async (deviceIds) =>
      some(`deviceId IN ${LISTED} AND state IN ('pending', 'active') ORDER BY requestedAtMs, id`, list(deviceIds)),
    forDevice: async (deviceId) => some('deviceId = ? ORDER BY requestedAtMs, id', deviceId),
    put: async (entities) => upsertAll(database, upsert, columns, entities),
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
