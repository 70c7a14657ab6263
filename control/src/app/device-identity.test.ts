import { generateDeviceKeySync } from '@muster/shared/pki'
import { expect, it } from 'vitest'
import {
  AGENT,
  administrator,
  csrOf,
  enrolmentRequest,
  openOffice,
  proven,
  reportOf,
} from '../../test-support/office.ts'
import { enrolDevices } from './enrol-devices.ts'
import { ingestReports } from './ingest-reports.ts'
import { revokeDevice } from './revoke-device.ts'
import { transferDevice } from './transfer-device.ts'

const by = { actor: administrator, correlationId: 'by-hand' }

it('a device goes over to another agent by an act that is recorded, and is heard through that one alone', async () => {
  await using office = await openOffice()
  const { store, publishDeps: deps } = office
  const device = await office.device()
  const act = { ...by, deviceId: device.id, agentId: 'agent-2' }
  expect(await transferDevice(deps, act)).toMatchObject({ ok: true, value: { from: AGENT, to: 'agent-2' } })
  // Again it is no act.
  expect(await transferDevice(deps, act)).toMatchObject({ ok: true, value: { from: 'agent-2', to: 'agent-2' } })
  expect(await store.audit.list({ limit: 10 })).toMatchObject([
    {
      activityType: 'transferDevice ManagedDevice',
      correlationId: 'by-hand',
      resources: [{ id: device.id, modifiedProperties: [{ name: 'agentId', oldValue: AGENT, newValue: 'agent-2' }] }],
    },
  ])
  expect(office.signals.filter(({ what }) => what === 'device.transferred')).toHaveLength(1)
  expect((await store.outbox.oldest(10)).map(({ subject }) => subject)).toEqual(['v1.dn.contoso.agent-2.poke'])
  expect(await office.visit(device)).toMatchObject({ outcome: 'refused', code: 'checkin/other-agent' })
  expect((await office.report(device, 1)).refused).toMatchObject([{ code: 'checkin/other-agent' }])
  expect(await transferDevice(deps, { ...act, deviceId: 'nobody' })).toMatchObject({
    refusal: { code: 'checkin/unknown-device' },
  })
})

it('a device that enrols anew through another agent has gone over to it, and that is recorded', async () => {
  await using office = await openOffice()
  const { store, planning, issuer, clock, ids, emit: signals } = office
  const request = enrolmentRequest()
  const device = await office.device(request)
  const anew = proven({ ...request, requestId: device.directoryId, csr: csrOf(generateDeviceKeySync()) }, 'agent-2')
  const deps = { store, planning, issuer, clock, ids, signals, count: () => undefined }
  const { replies } = await enrolDevices(deps, { v: 1, agentId: 'agent-2', requests: [anew] })
  expect(replies).toMatchObject([{ outcome: 'enrolled', deviceId: device.id }])
  expect(await store.audit.list({ limit: 10 })).toMatchObject([
    { activityType: 'transferDevice ManagedDevice', actor: { type: 'service', id: device.id } },
  ])
  expect(office.signals.map(({ what }) => what)).toContain('device.transferred')
  // Whoever plays back the enrolment of before does not get the device back.
  const playedBack = await enrolDevices(deps, { v: 1, agentId: AGENT, requests: [proven(request)] })
  expect(playedBack.replies).toMatchObject([{ outcome: 'refused', code: 'enrolment/replayed' }])
  expect((await office.stored(device.id)).agentId).toBe('agent-2')
})

it('an enrolment of which anything was changed is refused', async () => {
  await using office = await openOffice()
  const { store, planning, issuer, clock, ids, emit: signals } = office
  await office.token('linux', 'user')
  await office.user('ada')
  await office.user('eve')
  const request = enrolmentRequest()
  const { inventory } = request
  for (const [agentId, changed] of [
    [AGENT, { ...request, correlationId: 'another' }],
    [AGENT, { ...request, userPrincipalName: 'eve@contoso.example' }],
    [AGENT, { ...request, inventory: { ...inventory, deviceName: 'another' } }],
    [AGENT, { ...request, attributes: { deviceCategory: 'kiosk' } }],
    [AGENT, { ...request, csr: csrOf(generateDeviceKeySync()) }],
    ['agent-2', request],
  ] as const) {
    const deps = { store, planning, issuer, clock, ids, signals, count: () => undefined }
    const { replies } = await enrolDevices(deps, { v: 1, agentId, requests: [changed] })
    expect(replies).toMatchObject([{ outcome: 'refused', code: 'enrolment/bad-proof' }])
  }
  expect(await store.devices.count()).toBe(0)
})

it('a device whose certificates are revoked says nothing more that counts, and the record says who took its word', async () => {
  await using office = await openOffice()
  const { store, clock, ids, emit: signals } = office
  const device = await office.device()
  await office.report(device, 1)
  const late = office.received(device, reportOf(device, 2))
  const act = { ...by, deviceId: device.id, reason: 'keyCompromise' as const }
  expect(await revokeDevice({ store, clock, ids, signals }, act)).toMatchObject({
    ok: true,
    value: { certificates: 1 },
  })
  expect((await ingestReports(office.publishDeps, [late])).refused).toMatchObject([
    { code: 'checkin/certificate-revoked' },
  ])
  expect(await office.visit(device)).toMatchObject({ outcome: 'refused', code: 'checkin/certificate-revoked' })
  expect(await store.audit.list({ limit: 10 })).toMatchObject([{ activityType: 'revokeCertificates ManagedDevice' }])
  expect(office.signals.at(-1)).toMatchObject({ what: 'device.revoked', deviceId: device.id })
})
