import { encode, subjects } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { createLogger, createMemoryBroker } from '@muster/shared/runtime'
import { expect, it, vi } from 'vitest'
import { AGENT, administrator, openOffice, reportOf } from '../test-support/office.ts'
import { revokeDevice } from './app/revoke-device.ts'
import { createControl } from './control.ts'

const TENANT = 'contoso'
const ROUNDS = 1_000
const REPORTS = 4

it('a device that is revoked while its reports are under way has none committed afterwards, 1,000 times', async () => {
  await using office = await openOffice()
  const { store, authority, sessionKey, ids } = office
  // Each look at the clock is later than the one before, so that before and after are told apart.
  let nowMs = office.clock.nowMs()
  const clock = { ...office.clock, nowMs: () => ++nowMs }
  const broker = createMemoryBroker()
  const control = await createControl({
    ...{ store, authority, sessionKey, clock, wall: office.clock, ids, tenant: TENANT, speed: 1 },
    log: createLogger({ name: 'test', level: 'silent' }),
    buses: { requests: broker.connect('a'), reports: broker.connect('b'), outgoing: broker.connect('c') },
  })
  const agent = broker.connect('agent')
  const chance = createRng('revocation')
  /** Somebody else writes meanwhile: reports and the revocation wait for their turn, in whatever order. */
  const writing = async (turns: (most: number) => Promise<void>): Promise<void> => {
    for (let times = 0; times < 3; times++) {
      await turns(2)
      await store.transaction(() => turns(4))
    }
  }
  let [committed, refused] = [0, 0]
  for (let round = 0; round < ROUNDS; round++) {
    const { userPrincipalName } = await office.user(`user-${round}`)
    const device = await office.device({ userPrincipalName })
    const before = await store.reports.count()
    const turns = async (most: number): Promise<void> => {
      for (let turn = chance.int(0, most); turn > 0; turn--) await new Promise<void>((resolve) => setImmediate(resolve))
    }
    const reporting = async (): Promise<void> => {
      for (let seq = 1; seq <= REPORTS; seq++) {
        const { session, certificateSerial, mac, text } = office.received(device, reportOf(device, seq))
        const reports = [{ certificateSerial, mac, report: text }]
        const message = encode({ v: 1, agentId: AGENT, session, reports })
        await agent.append(subjects.report(TENANT, AGENT), message, { msgId: `${device.id}:${seq}` })
        await turns(3)
      }
    }
    const revoking = async () => {
      await turns(12)
      const act = { deviceId: device.id, reason: 'keyCompromise' as const, actor: administrator, correlationId: 'r' }
      return revokeDevice({ store, clock, ids, signals: office.emit }, act)
    }
    const [revoked] = await Promise.all([revoking(), reporting(), writing(turns)])
    if (!revoked.ok) throw new Error(revoked.refusal.message)
    await vi.waitFor(async () => expect((await agent.streamInfo('REPORTS')).messages).toBe(0), {
      timeout: 20_000,
      interval: 1,
    })
    const rows = await store.reports.forDevice(device.id, REPORTS)
    expect(rows.filter(({ committedAtMs }) => committedAtMs > revoked.value.revokedAtMs)).toEqual([])
    committed += (await store.reports.count()) - before
    refused += REPORTS - rows.length
  }
  // Both ends of the race were seen, or it was none.
  expect([committed > ROUNDS / 10, refused > ROUNDS / 10, committed + refused]).toEqual([true, true, ROUNDS * REPORTS])
  await control.stop()
}, 300_000)
