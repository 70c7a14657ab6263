import { describe, expect, it, vi } from 'vitest'
import { natsBinaries, testNatsServer } from '../../test-support/nats.ts'
import { createNatsBus } from './nats-bus.ts'

const PATIENT = { timeout: 120_000, interval: 100 }
const SUBJECT = 'v1.up.contoso.worker-1.rpt'

describe.each(natsBinaries())('nats-server $version that is told to go (SIGUSR2)', (binary) => {
  it('lets its clients go, ends, and is started again: what was acknowledged is there, once', async () => {
    let restarts = 0
    await using server = await testNatsServer({ binary, onRestarted: () => restarts++ })
    const common = { url: server.url, ...server.credentials, tenant: 'contoso' }
    const service = await createNatsBus({ ...common, name: 'service', role: 'service' })
    const agent = await createNatsBus({ ...common, name: 'worker-1', role: 'agent' })
    const said: string[] = []
    agent.onStatus((status) => said.push(status))
    const acknowledged = new Set<number>()
    const report = async (number: number): Promise<void> => {
      await agent.append(SUBJECT, new Uint8Array(100), { msgId: `report-${number}` })
      acknowledged.add(number)
    }
    await report(0)
    process.kill(server.pid ?? 0, 'SIGUSR2')
    let tried = 0
    await vi.waitFor(async () => {
      await report(++tried).catch(() => undefined)
      expect(restarts).toBe(1)
    }, PATIENT)
    expect(said[0]).toBe('disconnected')
    // As devices do: again, under the same number, until each is acknowledged.
    for (let number = 0; number <= tried; number++) await vi.waitFor(() => report(number), PATIENT)
    await vi.waitFor(async () => expect((await service.streamInfo('REPORTS')).messages).toBe(tried + 1), PATIENT)
    expect(acknowledged.size).toBe(tried + 1)
    await Promise.all([agent.close(), service.close()])
  }, 240_000)
})
