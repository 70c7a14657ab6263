import type { DevicePolicies } from '../../app/ports.ts'
import type { DevicePolicy } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { devicesFrom } from './device-listing.ts'
import type { HeldVisits } from './held-visits.ts'
import { listsOf, type RowCache } from './row-cache.ts'
import { compileFilter } from './row-filter.ts'
import { bodies, type Columns, LISTED, list, upsertAll, upsertSql } from './rows.ts'

const columns: Columns<DevicePolicy> = {
  deviceId: (row) => row.deviceId,
  policyId: (row) => row.policyId,
  revision: (row) => row.revision,
  reportedRevision: (row) => row.reportedRevision ?? null,
  state: (row) => row.state,
  targetedAtMs: (row) => row.targetedAtMs,
  appliedAtMs: (row) => row.appliedAtMs ?? null,
  committedAtMs: (row) => row.committedAtMs ?? null,
}

/** States from the worst on. */
const worst: readonly DevicePolicy['state'][] = [
  'error',
  'conflict',
  'nonCompliant',
  'inGracePeriod',
  'pending',
  'remediated',
  'compliant',
  'notApplicable',
]

const upsert = upsertSql('device_policy', Object.keys(columns), ['deviceId', 'policyId'])

/** `silences` holds the policies that a device has not answered, by the device's id; `visits` those not in the listing yet. */
export function devicePolicies(
  database: Database,
  visits?: HeldVisits,
  silences?: RowCache<readonly string[]>,
): DevicePolicies {
  return {
    forDevices: async (ids) =>
      bodies<DevicePolicy>(database.all(`SELECT body FROM device_policy WHERE deviceId IN ${LISTED}`, list(ids))),
    put: async (rows) => {
      for (const { deviceId } of rows) silences?.forget(deviceId)
      upsertAll(database, upsert, columns, rows)
    },
    delete: async (keys) => {
      for (const { deviceId, policyId } of keys) {
        silences?.forget(deviceId)
        database.run('DELETE FROM device_policy WHERE deviceId = ? AND policyId = ?', deviceId, policyId)
      }
    },
    unreported: async (ids) => {
      const sql = `SELECT deviceId, policyId FROM device_policy WHERE deviceId IN ${LISTED} AND reportedRevision IS NOT revision`
      const lists = listsOf(silences, ids, (missing) => {
        const grouped = Map.groupBy(database.all(sql, list(missing)), (row) => String(row['deviceId']))
        return new Map([...grouped].map(([id, rows]) => [id, rows.map((row) => String(row['policyId']))]))
      })
      return new Map([...lists].filter(([, policyIds]) => policyIds.length > 0))
    },
    tally: async (policyId) =>
      database
        .all(
          `SELECT revision, CASE WHEN reportedRevision IS NOT revision THEN 'pending' ELSE state END AS shown, count(*) AS devices
           FROM device_policy WHERE policyId = ? GROUP BY revision, shown`,
          policyId,
        )
        .map((row) => ({
          revision: Number(row['revision']),
          state: row['shown'] as DevicePolicy['state'],
          devices: Number(row['devices']),
        })),
    countByWorst: async (policyIds, filter, of = 'devices') => {
      visits?.writeAll()
      const { from, where, columns: listed } = devicesFrom('managed')
      const condition = filter ? compileFilter(filter, listed) : { text: '1', values: [] }
      const rank = worst.map((state, index) => `WHEN '${state}' THEN ${index}`).join(' ')
      const owner = of === 'devices' ? 'listing.id' : 'listing.userId'
      const sql = `SELECT rank, count(*) AS number FROM (
        SELECT min(CASE CASE WHEN reportedRevision IS NOT revision THEN 'pending' ELSE state END ${rank} END) AS rank
        FROM ${from} JOIN device_policy ON deviceId = listing.id
        WHERE ${where} AND ${condition.text} AND policyId IN ${LISTED} AND ${owner} IS NOT NULL
        GROUP BY ${owner}) GROUP BY rank`
      return database.all(sql, ...condition.values, list(policyIds)).map((row) => ({
        state: worst[Number(row['rank'])] ?? 'pending',
        count: Number(row['number']),
      }))
    },
    latencies: async (policyId, revision) =>
      database
        .all(
          `SELECT max(0, appliedAtMs - targetedAtMs) AS applied, committedAtMs - targetedAtMs AS committed FROM device_policy
           WHERE policyId = ? AND revision = ? AND reportedRevision = revision AND appliedAtMs IS NOT NULL AND state <> 'pending'`,
          policyId,
          revision,
        )
        .map((row) => ({ appliedAfterMs: Number(row['applied']), committedAfterMs: Number(row['committed']) })),
    applied: async ({ policyId, after, limit }) =>
      database
        .all(
          `SELECT deviceId, targetedAtMs, max(targetedAtMs, appliedAtMs) AS appliedAtMs, committedAtMs FROM device_policy
           WHERE policyId = ? AND deviceId > ? AND reportedRevision = revision AND appliedAtMs IS NOT NULL
             AND committedAtMs IS NOT NULL AND state <> 'pending' ORDER BY deviceId LIMIT ?`,
          policyId,
          after ?? '',
          limit,
        )
        .map((row) => ({
          deviceId: String(row['deviceId']),
          targetedAtMs: Number(row['targetedAtMs']),
          appliedAtMs: Number(row['appliedAtMs']),
          committedAtMs: Number(row['committedAtMs']),
        })),
    page: async ({ policyId, after, limit }) =>
      bodies<DevicePolicy>(
        database.all(
          'SELECT body FROM device_policy WHERE policyId = ? AND deviceId > ? ORDER BY deviceId LIMIT ?',
          policyId,
          after ?? '',
          limit,
        ),
      ),
  }
}
