import type { Grants } from '../../app/ports.ts'
import type { Grant } from '../../domain/applications.ts'
import type { Database } from './database.ts'
import { documents } from './documents.ts'
import { bodies } from './rows.ts'

export function grants(database: Database): Grants {
  return {
    ...documents<Grant>(database, 'token_grant', {
      userCode: (grant) => (grant.kind === 'deviceCode' ? grant.userCode : null),
      expiresAtMs: (grant) => grant.expiresAtMs,
    }),
    findByUserCode: async (userCode) =>
      bodies<Grant>(database.all('SELECT body FROM token_grant WHERE userCode = ?', userCode))[0],
    removeExpired: async (beforeMs) => database.run('DELETE FROM token_grant WHERE expiresAtMs < ?', beforeMs),
  }
}
