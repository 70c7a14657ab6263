import type { Certificates } from '../../app/ports.ts'
import type { DeviceCertificate } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { listsOf, type RowCache } from './row-cache.ts'
import { bodies, type Columns, LISTED, list, upsertAll, upsertSql } from './rows.ts'

const columns: Columns<DeviceCertificate> = {
  serialNumber: (certificate) => certificate.serialNumber,
  deviceId: (certificate) => certificate.deviceId,
  state: (certificate) => certificate.state,
  notAfterMs: (certificate) => certificate.notAfterMs,
}

const upsert = upsertSql('certificate', Object.keys(columns), ['serialNumber'])

/** `cache` holds the certificates of a device, all of them, by the device's id. */
export function certificates(database: Database, cache?: RowCache<readonly DeviceCertificate[]>): Certificates {
  const some = (where: string, ...values: (string | number)[]): readonly DeviceCertificate[] =>
    bodies<DeviceCertificate>(database.all(`SELECT body FROM certificate WHERE ${where}`, ...values))
  return {
    getMany: async (serials) => some(`serialNumber IN ${LISTED}`, list(serials)),
    forDevices: async (ids) =>
      [
        ...listsOf(cache, [...new Set(ids)], (missing) =>
          Map.groupBy(some(`deviceId IN ${LISTED}`, list(missing)), ({ deviceId }) => deviceId),
        ).values(),
      ].flat(),
    put: async (entities) => {
      upsertAll(database, upsert, columns, entities)
      for (const certificate of entities) {
        const own = cache?.get(certificate.deviceId)
        if (!own) continue
        const others = own.filter(({ serialNumber }) => serialNumber !== certificate.serialNumber)
        cache?.keep(certificate.deviceId, [...others, certificate])
      }
    },
    expired: async (nowMs, limit) =>
      some(`state IN ('active', 'superseded') AND notAfterMs <= ? LIMIT ?`, nowMs, limit),
    page: async ({ after, limit, pastMs }) =>
      pastMs === undefined
        ? some('serialNumber > ? ORDER BY serialNumber LIMIT ?', after ?? '', limit)
        : some(
            `serialNumber > ? AND state <> 'revoked' AND notAfterMs <= ? ORDER BY serialNumber LIMIT ?`,
            after ?? '',
            pastMs,
            limit,
          ),
    tally: async () =>
      database.all('SELECT state, count(*) AS certificates FROM certificate GROUP BY state').map((row) => ({
        state: row['state'] as DeviceCertificate['state'],
        certificates: Number(row['certificates']),
      })),
  }
}
