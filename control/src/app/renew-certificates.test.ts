import { randomUUID } from 'node:crypto'
import { requestText } from '@muster/shared/contracts'
import { generateDeviceKeySync, readCertificate, signWithDeviceKey, verifyWithSpki } from '@muster/shared/pki'
import { expect, it } from 'vitest'
import { AGENT, csrOf, keyOfSerial, openOffice } from '../../test-support/office.ts'
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
  let sequence = 0
  const renew = async (proofKey: typeof key) => {
    const newKey = generateDeviceKeySync()
    const { certificateSerial, id: deviceId } = device
    const about = { deviceId, certificateSerial, csr: csrOf(newKey), sequence: ++sequence }
    const request = { requestId: randomUUID(), correlationId: 'renewal', ...about }
    const text = Buffer.from(requestText('renewal', AGENT, request))
    const proof = Buffer.from(signWithDeviceKey(proofKey, text)).toString('base64')
    const batch = { v: 1 as const, agentId: AGENT, requests: [{ ...request, proof }] }
    const { replies } = await renewCertificates({ store, issuer, verify, clock, signals: emit }, batch)
    const [reply] = replies
    if (reply?.outcome === 'renewed') keyOfSerial.set(reply.certificate.serialNumber, newKey)
    return reply
  }
  const states = async () =>
    (await store.certificates.forDevices([device.id])).map(({ state }) => state).sort((a, b) => (a < b ? -1 : 1))

  expect(await renew(generateDeviceKeySync())).toMatchObject({ outcome: 'refused', code: 'renewal/bad-proof' })
  expect(await renew(key)).toMatchObject({ outcome: 'renewed' })
  const answer = await renew(key)
  expect(await states()).toEqual(['active', 'superseded', 'superseded'])
  const certificateSerial = answer?.outcome === 'renewed' ? answer.certificate.serialNumber : ''
  await office.visit(await office.stored(device.id), { certificateSerial, sequence: ++sequence })
  expect(await states()).toEqual(['active', 'revoked', 'revoked'])
})
