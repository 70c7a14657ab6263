import type { DevicePolicies } from '../../app/ports.ts'
import type { DevicePolicy } from '../../domain/model.ts'
import type { Database } from './database.ts'
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

const upsert = upsertSql('device_policy', Object.keys(columns), ['deviceId', 'policyId'])

export function devicePolicies(database: Database): DevicePolicies {
  return {
    forDevices: async (ids) =>
      bodies<DevicePolicy>(database.all(`SELECT body FROM device_policy WHERE deviceId IN ${LISTED}`, list(ids))),
    put: async (rows) => upsertAll(database, upsert, columns, rows),
    delete: async (keys) => {
      for (const { deviceId, policyId } of keys) {
        database.run('DELETE FROM device_policy WHERE deviceId = ? AND policyId = ?', deviceId, policyId)
      }
    },
    unreported: async (ids) => {
      const sql = `SELECT deviceId, policyId FROM device_policy WHERE deviceId IN ${LISTED} AND reportedRevision IS NOT revision`
      const grouped = Map.groupBy(database.all(sql, list(ids)), (row) => String(row['deviceId']))
      return new Map([...grouped].map(([id, rows]) => [id, rows.map((row) => String(row['policyId']))]))
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
    latencies: async (policyId, revision) =>
      database
        .all(
          `SELECT max(0, appliedAtMs - targetedAtMs) AS applied, committedAtMs - targetedAtMs AS committed FROM device_policy
           WHERE policyId = ? AND revision = ? AND reportedRevision = revision AND appliedAtMs IS NOT NULL AND state <> 'pending'`,
          policyId,
          revision,
        )
        .map((row) => ({ appliedAfterMs: Number(row['applied']), committedAfterMs: Number(row['committed']) })),
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
