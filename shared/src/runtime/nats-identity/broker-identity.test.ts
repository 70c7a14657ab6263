import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { openBrokerIdentity } from './broker-identity.ts'
import { decodeNatsJwt } from './jwt.ts'

const dir = mkdtempSync(join(tmpdir(), 'muster-identity-'))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const without = (file: string, field: string): void => {
  const { [field]: _, ...kept } = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Record<string, unknown>
  writeFileSync(join(dir, file), JSON.stringify(kept))
}

it('gives a broker whose agents were in one account with the streams an account for these, and keeps what was', () => {
  const before = openBrokerIdentity(dir)
  before.revoke({ UAAA: 7 })
  const [, fleetBefore = ''] = before.accountTokens()
  without('roots.json', 'store')
  without('fleet.json', 'storeToken')
  const after = openBrokerIdentity(dir)
  const [store, fleet] = after.accountTokens().map(decodeNatsJwt)
  expect(fleet?.sub).toBe(before.fleetAccount)
  expect(fleet?.iat).toBeGreaterThan(decodeNatsJwt(fleetBefore).iat)
  expect(fleet?.nats).toMatchObject({ revocations: { UAAA: 7 }, imports: [{ account: store?.sub }, {}, {}, {}] })
  expect(fleet?.nats['limits']).not.toHaveProperty('disk_storage')
  expect(store?.nats['limits']).toMatchObject({ disk_storage: -1 })
  expect(openBrokerIdentity(dir).trust()).toEqual(after.trust())
  expect(openBrokerIdentity(dir).accountTokens()).toEqual(after.accountTokens())
})
