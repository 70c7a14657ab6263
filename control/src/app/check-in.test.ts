import { HOUR_MS } from '@muster/shared/core'
import { expect, it } from 'vitest'
import { administrator, auditEvent, openOffice, policyReport } from '../../test-support/office.ts'
import { publish } from './publish-policy.ts'
import { requestActions } from './request-actions.ts'

it('hands out the policy set once, with bodies that can be fetched, and nothing when it is held', async () => {
  await using office = await openOffice()
  const policy = await office.policy()
  const device = await office.device()
  const first = await office.visit(device)
  if (first.outcome !== 'managed' || !first.policySet) throw new Error('no policy set')
  expect(first.policySet.policies).toMatchObject([{ policyId: policy.id, revision: 1, kind: 'compliance' }])
  expect([...office.bodies.keys()]).toEqual(first.policySet.policies.map(({ sha256 }) => sha256))
  const policySetDigest = first.policySet.digest
  await office.report(device, 1, { policySetDigest, policies: [policyReport(policy, true)] })
  expect(await office.visit(device, { policySetDigest, lastSeq: 1 })).toEqual({
    outcome: 'managed',
    deviceId: device.id,
    ackedSeq: 1,
    commands: [],
  })
})

it('asks again for a policy that was taken away and given back while the device did not look', async () => {
  await using office = await openOffice()
  const policy = await office.policy()
  const device = await office.device()
  const held = await office.visit(device)
  const policySetDigest = held.outcome === 'managed' ? held.policySet?.digest : undefined
  await office.report(device, 1, { policySetDigest: policySetDigest as string, policies: [policyReport(policy, true)] })
  for (const assignments of [[], policy.assignments]) {
    await publish(office.publishDeps, { correlationId: 'x' }, async (tables) => {
      await tables.policies.put({ ...policy, assignments })
      return { audit: auditEvent(`${assignments.length}`) }
    })
  }
  const states = async () => (await office.store.devicePolicies.tally(policy.id)).map(({ state }) => state)
  expect(await states()).toEqual(['pending'])
  // While a report may still be under way it is waited for.
  expect(await office.visit(device, { policySetDigest, lastSeq: 2 })).not.toHaveProperty('reportPolicyIds')
  expect(await office.visit(device, { policySetDigest, lastSeq: 1 })).toMatchObject({ reportPolicyIds: [policy.id] })
  await office.report(device, 2, { policies: [policyReport(policy, true)] })
  expect(await states()).toEqual(['compliant'])
})

it('turns a periodic check-in away within the maintenance interval, and no other', async () => {
  await using office = await openOffice()
  const device = await office.device()
  office.clock.advance(10 * HOUR_MS)
  expect(await office.visit(device, { cause: 'periodic' })).not.toHaveProperty('gated')
  office.clock.advance(HOUR_MS)
  expect(await office.visit(device, { cause: 'periodic' })).toHaveProperty('gated', true)
  expect(await office.visit(device, { cause: 'user' })).not.toHaveProperty('gated')
  office.clock.advance(6 * HOUR_MS)
  expect(await office.visit(device, { cause: 'periodic' })).not.toHaveProperty('gated')
})

it('hands an action over until it is answered, and lets the device go when it has carried out its removal', async () => {
  await using office = await openOffice()
  const device = await office.device()
  const request = {
    action: 'delete' as const,
    deviceIds: [device.id, '00000000-0000-4000-8000-000000000000'],
    parameters: {},
    requestedBy: administrator,
    correlationId: 'action-1',
    audit: auditEvent('delete'),
  }
  const asked = await requestActions({ ...office.publishDeps }, request)
  expect(asked).toMatchObject({ ok: true, value: { successful: [device.id], notFound: [request.deviceIds[1]] } })
  const told = await office.visit(device)
  if (told.outcome !== 'managed') throw new Error(told.code)
  expect(told.commands).toMatchObject([{ action: 'delete', correlationId: 'action-1' }])
  const commandId = told.commands[0]?.commandId as string
  expect(await office.visit(device)).toMatchObject({ commands: [{ commandId }] })
  await office.report(device, 1, {
    commands: [
      {
        commandId,
        finishedAtMs: office.clock.nowMs(),
        result: { itemId: commandId, protocol: 'linux', newComplianceState: 'Compliant' },
      },
    ],
  })
  expect(await office.stored(device.id)).toMatchObject({ lifecycle: 'deleted', ackedSeq: 1 })
  expect(await office.store.certificates.tally()).toEqual([{ state: 'revoked', certificates: 1 }])
  expect(await office.visit(device)).toMatchObject({ outcome: 'refused', code: 'checkin/not-managed', ackedSeq: 1 })
})
