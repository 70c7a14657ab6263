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

/** Ada's phone, and what its policy says of it; the platform's own results are told elsewhere. */
async function failingPhone(
  office: Awaited<ReturnType<typeof openOffice>>,
  actions: readonly {
    readonly actionType: 'pushNotification' | 'remoteLock' | 'retire'
    readonly gracePeriodHours: number
  }[],
) {
  await office.token('iOS', 'company-portal')
  await office.user('ada')
  const policy = await office.policy({
    platforms: ['iOS'],
    settings: { passcodeRequired: true },
    scheduledActions: [
      { id: 'block', actionType: 'block', gracePeriodHours: 0 },
      ...actions.map((action, index) => ({ id: `action-${index}`, ...action })),
    ],
  })
  const device = await office.device({ platform: 'iOS', mode: 'company-portal' })
  await office.visit(device)
  const rows = await office.store.devicePolicies.forDevices([device.id])
  const turn = async (isCompliant: boolean): Promise<void> => {
    await office.store.transaction(async (tables) => {
      await tables.devicePolicies.put(
        (await tables.devicePolicies.forDevices([device.id])).map(({ nonCompliantSinceMs: _, ...row }) => ({
          ...row,
          reportedRevision: row.revision,
          actionsDone: isCompliant ? [] : row.actionsDone,
          state: isCompliant ? ('compliant' as const) : ('nonCompliant' as const),
          ...(isCompliant ? {} : { nonCompliantSinceMs: office.clock.nowMs() }),
        })),
      )
      const [found] = await tables.devices.getMany([device.id])
      if (found) await tables.devices.put([{ ...found, nextEvaluationAtMs: office.clock.nowMs() }])
    })
    await sweep(office)
  }
  expect(rows.map(({ policyId }) => policyId)).toEqual([policy.id])
  return { device, policy, turn }
}

it('sends one push a policy and day, however often it is due', async () => {
  await using office = await openOffice()
  const push = (gracePeriodHours: number) => ({ actionType: 'pushNotification' as const, gracePeriodHours })
  const { turn } = await failingPhone(office, [push(0), push(1), push(48)])
  const pushed = async () => (await office.store.notifications.list({ limit: 10 })).length
  await turn(false)
  expect(await pushed()).toBe(1)
  office.clock.advance(HOUR_MS)
  await sweep(office)
  expect(await pushed()).toBe(1)
  // Mended and broken again within the day: still once.
  await turn(true)
  await turn(false)
  expect(await pushed()).toBe(1)
  office.clock.advance(48 * HOUR_MS)
  await sweep(office)
  expect(await pushed()).toBe(2)
})

it('locks a device and wakes it for that, and lists it for retirement without ever retiring it', async () => {
  await using office = await openOffice()
  const { device, turn } = await failingPhone(office, [
    { actionType: 'remoteLock', gracePeriodHours: 0 },
    { actionType: 'retire', gracePeriodHours: 0 },
  ])
  await turn(false)
  expect(await office.store.actions.forDevice(device.id)).toMatchObject([
    { action: 'remoteLock', state: 'pending', requestedBy: { type: 'service' } },
  ])
  const messages = await office.store.outbox.oldest(10)
  expect(messages.at(-1)).toMatchObject({ poke: { deviceIds: [device.id], reason: 'action' } })
  office.clock.advance(20 * DAY_MS)
  await sweep(office)
  expect(await office.stored(device.id)).toMatchObject({
    managementState: 'managed',
    retireListedAtMs: expect.any(Number),
  })
})

it('moves a device to where its dynamic group belongs as soon as it reports what it has become, and wakes it', async () => {
  await using office = await openOffice()
  const device = await office.device()
  const groupId = office.ids.guid()
  await office.store.groups.put({
    id: groupId,
    displayName: 'renamed',
    createdAtMs: 0,
    dynamic: { rule: 'device.displayName -startsWith "NEW"', members: 'device', processing: 'On' },
  })
  const policy = await office.policy({ assignments: [{ id: 'a', target: { type: 'group', groupId } }] })
  const held = async () => (await office.store.devicePolicies.forDevices([device.id])).map(({ policyId }) => policyId)
  expect(await held()).toEqual([])
  await office.report(device, 1, { inventory: { ...device.inventory, deviceName: 'NEW-1' } })
  expect(await held()).toEqual([policy.id])
  expect(await office.store.outbox.oldest(10)).toMatchObject([{ poke: { deviceIds: [device.id], reason: 'policy' } }])
  await office.report(device, 2, { inventory: { ...device.inventory, deviceName: 'OLD-1' } })
  expect(await held()).toEqual([])
})
