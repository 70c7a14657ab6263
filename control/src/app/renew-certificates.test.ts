import { randomUUID } from 'node:crypto'
import { generateDeviceKeySync, readCertificate, signWithDeviceKey, verifyWithSpki } from '@muster/shared/pki'
import { expect, it } from 'vitest'
import { AGENT, csrOf, openOffice } from '../../test-support/office.ts'
import { renewCertificates } from './renew-certificates.ts'

it('renews again when the answer was lost: one certificate is in force, and those before end when it is shown', async () => {
  await using office = await openOffice()
  const { store, issuer, clock, emit } = office
  const key = generateDeviceKeySync()
  const device = await office.device({ csr: csrOf(key) })
  const verify = (certificate: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean => {
    const read = readCertificate(certificate)
    return read.ok && verifyWithSpki(read.value.publicKeySpki, data, signature)
  }
  const renew = async (proofKey: typeof key) => {
    const csr = csrOf(generateDeviceKeySync())
    const proof = Buffer.from(signWithDeviceKey(proofKey, Buffer.from(csr, 'base64'))).toString('base64')
    const { certificateSerial, id: deviceId } = device
    const request = { requestId: randomUUID(), correlationId: 'renewal', deviceId, certificateSerial, csr, proof }
    const batch = { v: 1 as const, agentId: AGENT, requests: [request] }
    const { replies } = await renewCertificates({ store, issuer, verify, clock, signals: emit }, batch)
    return replies[0]
  }
  const states = async () =>
    (await store.certificates.forDevices([device.id])).map(({ state }) => state).sort((a, b) => (a < b ? -1 : 1))

  expect(await renew(generateDeviceKeySync())).toMatchObject({ outcome: 'refused', code: 'renewal/bad-proof' })
  expect(await renew(key)).toMatchObject({ outcome: 'renewed' })
  const answer = await renew(key)
  expect(await states()).toEqual(['active', 'superseded', 'superseded'])
  const certificateSerial = answer?.outcome === 'renewed' ? answer.certificate.serialNumber : ''
  await office.visit(await office.stored(device.id), { certificateSerial })
  expect(await states()).toEqual(['active', 'revoked', 'revoked'])
})
