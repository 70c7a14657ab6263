import type { SQLInputValue } from 'node:sqlite'
import type { Devices } from '../../app/ports.ts'
import type { Device } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { devicesFrom } from './device-listing.ts'
import { DEVICE, devicesIn } from './device-reading.ts'
import { isMoreThanVisit, putDevice, updateDevice } from './device-row.ts'
import type { HeldVisits } from './held-visits.ts'
import type { RowCache } from './row-cache.ts'
import { countRows, countRowsBy, queryRows } from './row-query.ts'
import { LISTED, list } from './rows.ts'

const MANAGED = "lifecycle = 'managed'"
const IN_DIRECTORY = "json_extract(body, '$.leftDirectory') IS NULL"

/** `visits`: those of the connection that writes, which holds some of them. */
export function devices(database: Database, visits?: HeldVisits, cache?: RowCache<Device>): Devices {
  const read = (rows: readonly Record<string, unknown>[]): readonly Device[] =>
    visits ? devicesIn(rows).map(visits.seen) : devicesIn(rows)
  const some = (where: string, ...values: SQLInputValue[]): readonly Device[] =>
    read(database.all(`SELECT ${DEVICE} FROM device WHERE ${where}`, ...values))
  // Without statistics SQLite takes the index on `lifecycle` for these, which is a scan; the right one is named.
  const someBy = (index: string, where: string, ...values: SQLInputValue[]): readonly Device[] =>
    read(database.all(`SELECT ${DEVICE} FROM device INDEXED BY ${index} WHERE ${where}`, ...values))
  return {
    getMany: async (ids) => {
      if (!cache) return some(`id IN ${LISTED}`, list(ids))
      const missing = ids.filter((id) => !cache.get(id))
      const others = missing.length === 0 ? [] : some(`id IN ${LISTED}`, list(missing))
      const found = new Map(others.map((device) => [device.id, device]))
      for (const device of others) cache.keep(device.id, device)
      return [...new Set(ids)].flatMap((id) => cache.get(id) ?? found.get(id) ?? [])
    },
    findBySerial: async (platform, serials) =>
      someBy(
        'device_serial',
        `lifecycle = 'managed' AND platform = ? AND serialNumber IN ${LISTED}`,
        platform,
        list(serials),
      ),
    ofUsers: async (userIds) => someBy('device_user', `${MANAGED} AND userId IN ${LISTED}`, list(userIds)),
    countByUser: async (userIds) => {
      const sql = `SELECT userId, count(*) AS n FROM device INDEXED BY device_user WHERE lifecycle = 'managed' AND userId IN ${LISTED} GROUP BY userId`
      return new Map(database.all(sql, list(userIds)).map((row) => [String(row['userId']), Number(row['n'])]))
    },
    agents: async () =>
      database
        .all(`SELECT DISTINCT agentId FROM device INDEXED BY device_agent WHERE lifecycle = 'managed'`)
        .map(({ agentId }) => String(agentId)),
    put: async (entities) => {
      for (const device of entities) {
        const before = cache?.get(device.id)
        if (before && visits && !isMoreThanVisit(before, device)) visits.hold(device)
        else {
          visits?.write(device.id)
          if (before) updateDevice(database, before, device)
          else putDevice(database, device)
        }
        cache?.keep(device.id, device)
      }
    },
    findInDirectory: async (directoryIds) =>
      someBy('device_directory', `directoryId IN ${LISTED} AND ${IN_DIRECTORY}`, list(directoryIds)),
    page: async ({ after, limit, platforms, inDirectory }) =>
      some(
        `${inDirectory ? IN_DIRECTORY : MANAGED} AND id > ? AND (? IS NULL OR platform IN ${LISTED}) ORDER BY id LIMIT ?`,
        after ?? '',
        platforms ? 1 : null,
        list(platforms ?? []),
        limit,
      ),
    dueForEvaluation: async (nowMs, limit) =>
      someBy(
        'device_due',
        `lifecycle = 'managed' AND nextEvaluationAtMs <= ? ORDER BY nextEvaluationAtMs LIMIT ?`,
        nowMs,
        limit,
      ),
    query: async (query) => {
      visits?.writeAll()
      return queryRows(database, devicesFrom(query.among), query)
    },
    count: async (filter, among = 'managed') => {
      visits?.writeAll()
      return countRows(database, devicesFrom(among), filter)
    },
    countBy: async (by, filter) => {
      visits?.writeAll()
      return countRowsBy(database, devicesFrom('managed'), by, filter)
    },
    tally: async () =>
      database
        .all(
          'SELECT platform, lifecycle, complianceState, count(*) AS devices FROM device GROUP BY lifecycle, platform, complianceState',
        )
        .map((row) => ({ ...row })) as unknown as Awaited<ReturnType<Devices['tally']>>,
  }
}
