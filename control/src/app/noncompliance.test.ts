import { DAY_MS, HOUR_MS } from '@muster/shared/core'
import { expect, it } from 'vitest'
import { openOffice, policyReport } from '../../test-support/office.ts'
import { sweepCertificates } from './sweep-certificates.ts'
import { sweepCompliance } from './sweep-compliance.ts'

const sweep = (office: Awaited<ReturnType<typeof openOffice>>) => sweepCompliance(office.publishDeps)

it('gives grace, mails in between, blocks when grace ends, and puts on the retire list, each once', async () => {
  await using office = await openOffice()
  const action = (id: string, actionType: 'block' | 'notification' | 'retire', gracePeriodHours: number) => ({
    id,
    actionType,
    gracePeriodHours,
  })
  const policy = await office.policy({
    scheduledActions: [action('m', 'notification', 0), action('b', 'block', 72), action('r', 'retire', 120)],
  })
  const device = await office.device()
  await office.report(device, 1, { policies: [policyReport(policy, false)] })
  const state = async () => (await office.stored(device.id)).complianceState
  expect([await state(), await office.store.notifications.count()]).toEqual(['inGracePeriod', 1])
  expect((await office.stored(device.id)).graceUntilMs).toBe(office.clock.nowMs() + 72 * HOUR_MS)
  office.clock.advance(72 * HOUR_MS - 1)
  await sweep(office)
  expect(await state()).toBe('inGracePeriod')
  office.clock.advance(1)
  await sweep(office)
  expect(await state()).toBe('noncompliant')
  office.clock.advance(48 * HOUR_MS)
  for (let times = 0; times < 3; times++) await sweep(office)
  expect(await office.store.notifications.count()).toBe(1)
  // Linux has no retire: the list is for platforms that have.
  expect((await office.stored(device.id)).retireListedAtMs).toBeUndefined()
})

it('finds a device noncompliant that has not been heard of for the validity period, and again compliant when it is', async () => {
  await using office = await openOffice()
  const policy = await office.policy()
  const device = await office.device()
  await office.report(device, 1, { policies: [policyReport(policy, true)] })
  office.clock.advance(30 * DAY_MS)
  await sweep(office)
  expect((await office.stored(device.id)).complianceState).toBe('noncompliant')
  await office.visit(device, { lastSeq: 1 })
  await sweep(office)
  expect((await office.stored(device.id)).complianceState).toBe('compliant')
})

it('marks certificates that have ended, and refuses whoever shows one', async () => {
  await using office = await openOffice()
  const device = await office.device()
  office.clock.advance(366 * DAY_MS)
  expect(await sweepCertificates(office)).toBe(1)
  expect(await sweepCertificates(office)).toBe(0)
  expect(await office.visit(device)).toMatchObject({ outcome: 'refused', code: 'checkin/certificate-expired' })
})
