import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AGENT, openOffice, policyReport, reportOf } from '../../test-support/office.ts'
import { ingestReports } from './ingest-reports.ts'

it('commits each report once and in order, whatever a broker does with them, and asks for what is missing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 }), { maxLength: 12 }),
      async (last, batches) => {
        await using office = await openOffice()
        const device = await office.device()
        let expected = 0
        for (const seqs of batches) {
          const before = expected
          const sent = seqs.filter((seq) => seq <= last)
          const { committed, duplicates, gaps, refused } = await ingestReports(
            office.publishDeps,
            sent.map((seq) => office.received(device, reportOf(device, seq))),
          )
          let late = 0
          for (const seq of sent) {
            if (seq === expected + 1) expected++
            else if (seq > expected) late++
          }
          expect(committed).toBe(expected - before)
          expect(committed + duplicates + late).toBe(sent.length)
          expect(gaps.length).toBe(late > 0 ? 1 : 0)
          expect(refused).toEqual([])
        }
        const after = await office.stored(device.id)
        expect([after.ackedSeq, after.appliedReports, await office.store.reports.count()]).toEqual([
          expected,
          expected,
          expected,
        ])
      },
    ),
    { numRuns: 40 },
  )
})

it('refuses what shows the certificate of another, also what would be a duplicate, and says so', async () => {
  await using office = await openOffice()
  const [device, clone] = [await office.device(), await office.device()]
  await office.report(device, 1)
  const told: unknown[] = []
  const deps = { ...office.publishDeps, signals: { emit: (signal: unknown) => told.push(signal) } }
  for (const seq of [1, 2]) {
    const report = office.received(clone, reportOf(device, seq))
    const { committed, duplicates, refused } = await ingestReports(deps, [report])
    expect([committed, duplicates, refused.map(({ code }) => code)]).toEqual([0, 0, ['checkin/certificate-foreign']])
  }
  expect(told).toMatchObject([1, 2].map(() => ({ what: 'device.claimed', deviceId: device.id })))
  expect((await office.stored(device.id)).ackedSeq).toBe(1)
})

it('keeps what the device says of its certificate', async () => {
  await using office = await openOffice()
  const device = await office.device()
  expect((await office.stored(device.id)).reportedCertificate).toBeUndefined()
  const shown = { serialNumber: device.certificateSerial, notAfterMs: device.certificateNotAfterMs }
  await office.report(device, 1, { certificate: { ...shown, state: 'valid' } })
  await office.report(device, 2, { certificate: { ...shown, state: 'renewing' } })
  expect((await office.stored(device.id)).reportedCertificate).toEqual({ ...shown, state: 'renewing' })
})

it('judges compliance by what a report says, and tells of it after the commit', async () => {
  await using office = await openOffice()
  const policy = await office.policy()
  const device = await office.device()
  await office.report(device, 1, { policies: [policyReport(policy, false)] })
  expect(await office.stored(device.id)).toMatchObject({ complianceState: 'noncompliant', ackedSeq: 1 })
  await office.report(device, 2, { policies: [policyReport(policy, true)] })
  expect((await office.stored(device.id)).complianceState).toBe('compliant')
  expect(
    office.signals.filter(({ what }) => what === 'device.compliance').map(({ correlationId }) => correlationId),
  ).toEqual(['report-1', 'report-2'])
})

it('takes nothing from other agents, without a certificate in force, or of devices that nobody knows', async () => {
  await using office = await openOffice()
  const device = await office.device()
  const ingest = (agentId: string, from = device) =>
    ingestReports(office.publishDeps, [{ ...office.received(from, reportOf(from, 1)), agentId }])
  const refusals = await Promise.all([
    ingest('agent-2'),
    ingest(AGENT, { ...device, certificateSerial: 'abcd' }),
    ingest(AGENT, { ...device, id: '00000000-0000-4000-8000-000000000000' }),
  ])
  expect(refusals.map(({ refused }) => refused[0]?.code)).toEqual([
    'checkin/other-agent',
    'checkin/certificate-unknown',
    'checkin/unknown-device',
  ])
  expect(await office.store.reports.count()).toBe(0)
})

it('changes nothing when the store fails half-way', async () => {
  await using office = await openOffice()
  const policy = await office.policy()
  const device = await office.device()
  const failing = {
    ...office.store,
    transaction: (work: Parameters<typeof office.store.transaction>[0]) =>
      office.store.transaction(async (tables) =>
        work({
          ...tables,
          reports: { ...tables.reports, append: async () => Promise.reject(new Error('the disk is gone')) },
        }),
      ),
  } as typeof office.store
  const received = office.received(device, reportOf(device, 1, { policies: [policyReport(policy, false)] }))
  await expect(ingestReports({ ...office.publishDeps, store: failing }, [received])).rejects.toThrow('the disk is gone')
  expect(await office.stored(device.id)).toEqual(device)
  expect(await ingestReports(office.publishDeps, [received])).toMatchObject({ committed: 1 })
})
