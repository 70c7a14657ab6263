import { DAY_MS } from '@muster/shared/core'
import { generateDeviceKeySync, readCertificate, readCsr } from '@muster/shared/pki'
import { expect, it } from 'vitest'
import { csrOf, enrolmentRequest, openOffice, TOKEN } from '../../test-support/office.ts'

it('gives a device an identity and a certificate for its key', async () => {
  await using office = await openOffice()
  const device = await office.device()
  const [certificate] = await office.store.certificates.forDevices([device.id])
  const read = readCertificate(Buffer.from(certificate?.certificate ?? '', 'base64'))
  expect(read.ok && read.value.serialNumber).toBe(device.certificateSerial)
  expect(device).toMatchObject({ lifecycle: 'managed', ownership: 'company', ackedSeq: 0 })
})

it('answers the same request with the same answer, and a device that enrols anew with its record', async () => {
  await using office = await openOffice()
  const device = await office.device()
  const request = enrolmentRequest({ requestId: device.enrolmentRequestId, inventory: device.inventory })
  const [repeated] = await office.enrol(request)
  expect(repeated).toMatchObject({ deviceId: device.id, certificate: { serialNumber: device.certificateSerial } })
  // The agent was killed before it had the answer: the request is the same, the key is not.
  const other = generateDeviceKeySync()
  const [again] = await office.enrol({ ...request, csr: csrOf(other) })
  expect(again).toMatchObject({ outcome: 'enrolled', deviceId: device.id })
  const given = readCertificate(
    Buffer.from(again?.outcome === 'enrolled' ? again.certificate.certificate : '', 'base64'),
  )
  const asked = readCsr(Buffer.from(csrOf(other), 'base64'))
  expect(given.ok && asked.ok && Buffer.compare(given.value.publicKeySpki, asked.value.publicKeySpki)).toBe(0)
  const [anew] = await office.enrol(
    enrolmentRequest({ inventory: device.inventory, csr: csrOf(generateDeviceKeySync()) }),
  )
  expect(anew).toMatchObject({ outcome: 'enrolled', deviceId: device.id })
  const certificates = await office.store.certificates.forDevices([device.id])
  expect(certificates.map(({ state }) => state).sort()).toEqual(['active', 'revoked', 'revoked'])
  expect(await office.store.devices.count()).toBe(1)
  expect((await office.store.tokens.list()).map(({ uses }) => uses)).toEqual([3])
})

it('refuses one device without harm to the others of its batch', async () => {
  await using office = await openOffice()
  await office.token('linux', 'user', { usesMax: 2 })
  await office.user('ada')
  await office.user('gone', { accountEnabled: false })
  const good = enrolmentRequest()
  const tampered = `${good.csr.slice(0, -8)}AAAAAAA=`
  const replies = await office.enrol(
    good,
    enrolmentRequest({ token: 'another-secret-entirely' }),
    enrolmentRequest({ mode: 'unheard-of' }),
    enrolmentRequest({ userPrincipalName: 'nobody@contoso.example' }),
    enrolmentRequest({ userPrincipalName: 'gone@contoso.example' }),
    enrolmentRequest({ csr: tampered }),
    enrolmentRequest(),
    enrolmentRequest(),
  )
  expect(replies.map((reply) => (reply.outcome === 'refused' ? reply.code : reply.outcome))).toEqual([
    'enrolled',
    'enrolment/token-unknown',
    'enrolment/token-mismatch',
    'enrolment/user-unknown',
    'enrolment/user-disabled',
    expect.stringMatching(/^pki\//),
    'enrolled',
    'enrolment/token-used-up',
  ])
  expect(await office.store.devices.count()).toBe(2)
})

it.each([
  [{ revoked: true }, 'enrolment/token-revoked'],
  [{ expiresAtMs: 1 }, 'enrolment/token-expired'],
])('refuses a token that is %j', async (rest, code) => {
  await using office = await openOffice()
  await office.token('linux', 'user', rest)
  await office.user('ada')
  expect(await office.enrol(enrolmentRequest({ token: TOKEN }))).toMatchObject([{ outcome: 'refused', code }])
})

it('keeps identity and certificates over a restart of the service', async () => {
  const { mkdtempSync, rmSync } = await import('node:fs')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const dir = mkdtempSync(join(tmpdir(), 'muster-office-'))
  const path = join(dir, 'muster.db')
  const first = await openOffice(path)
  const device = await first.device()
  await first.report(device, 1)
  await first.store.close()
  const second = await openOffice(path)
  expect(await second.stored(device.id)).toMatchObject({ id: device.id, ackedSeq: 1 })
  second.clock.advance(DAY_MS)
  expect(await second.visit(device)).toMatchObject({ outcome: 'managed', ackedSeq: 1 })
  await second.store.close()
  rmSync(dir, { recursive: true })
})
