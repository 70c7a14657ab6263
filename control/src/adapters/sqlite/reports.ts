import type { ReportRow, Reports } from '../../app/ports.ts'
import type { Database } from './database.ts'

const INSERT =
  'INSERT INTO report (deviceId, seq, observedAtMs, committedAtMs, correlationId, parts) VALUES (?, ?, ?, ?, ?, ?)'

export function reports(database: Database): Reports {
  return {
    append: async (rows) => {
      for (const row of rows) {
        database.run(
          INSERT,
          row.deviceId,
          row.seq,
          row.observedAtMs,
          row.committedAtMs,
          row.correlationId,
          row.parts.join(' '),
        )
      }
    },
    summary: async ({ after, limit }) =>
      database
        .all(
          `SELECT device.id AS deviceId, count(report.seq) AS reports, coalesce(min(seq), 0) AS firstSeq, coalesce(max(seq), 0) AS lastSeq,
                  device.ackedSeq AS ackedSeq, device.appliedReports AS appliedReports
           FROM (SELECT id, ackedSeq, appliedReports FROM device WHERE id > ? ORDER BY id LIMIT ?) AS device
           LEFT JOIN report ON report.deviceId = device.id GROUP BY device.id ORDER BY device.id`,
          after ?? '',
          limit,
        )
        .map((row) => ({
          deviceId: String(row['deviceId']),
          reports: Number(row['reports']),
          firstSeq: Number(row['firstSeq']),
          lastSeq: Number(row['lastSeq']),
          ackedSeq: Number(row['ackedSeq']),
          appliedReports: Number(row['appliedReports']),
        })),
    latencies: async ({ after, sinceMs, limit }) =>
      database
        .all(
          `SELECT deviceId, seq, observedAtMs, committedAtMs FROM report
           WHERE (deviceId, seq) > (?, ?) AND committedAtMs >= ? ORDER BY deviceId, seq LIMIT ?`,
          after?.deviceId ?? '',
          after?.seq ?? 0,
          sinceMs,
          limit,
        )
        .map((row) => ({
          deviceId: String(row['deviceId']),
          seq: Number(row['seq']),
          observedAtMs: Number(row['observedAtMs']),
          committedAtMs: Number(row['committedAtMs']),
        })),
    forDevice: async (deviceId, limit) =>
      database.all('SELECT * FROM report WHERE deviceId = ? ORDER BY seq DESC LIMIT ?', deviceId, limit).map(
        (row): ReportRow => ({
          deviceId,
          seq: Number(row['seq']),
          observedAtMs: Number(row['observedAtMs']),
          committedAtMs: Number(row['committedAtMs']),
          correlationId: String(row['correlationId']),
          parts: String(row['parts'])
            .split(' ')
            .filter((part) => part !== ''),
        }),
      ),
    count: async () => Number(database.get('SELECT count(*) AS n FROM report')?.['n'] ?? 0),
  }
}
