import type { Certificates } from '../../app/ports.ts'
import type { DeviceCertificate } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { bodies, type Columns, LISTED, list, upsertAll, upsertSql } from './rows.ts'

const columns: Columns<DeviceCertificate> = {
  serialNumber: (certificate) => certificate.serialNumber,
  deviceId: (certificate) => certificate.deviceId,
  state: (certificate) => certificate.state,
  notAfterMs: (certificate) => certificate.notAfterMs,
}

const upsert = upsertSql('certificate', Object.keys(columns), ['serialNumber'])

export function certificates(database: Database): Certificates {
  const some = (where: string, ...values: (string | number)[]): readonly DeviceCertificate[] =>
    bodies<DeviceCertificate>(database.all(`SELECT body FROM certificate WHERE ${where}`, ...values))
  return {
    getMany: async (serials) => some(`serialNumber IN ${LISTED}`, list(serials)),
    forDevices: async (ids) => some(`deviceId IN ${LISTED}`, list(ids)),
    put: async (entities) => upsertAll(database, upsert, columns, entities),
    expired: async (nowMs, limit) =>
      some(`state IN ('active', 'superseded') AND notAfterMs <= ? LIMIT ?`, nowMs, limit),
    tally: async () =>
      database.all('SELECT state, count(*) AS certificates FROM certificate GROUP BY state').map((row) => ({
        state: row['state'] as DeviceCertificate['state'],
        certificates: Number(row['certificates']),
      })),
  }
}
