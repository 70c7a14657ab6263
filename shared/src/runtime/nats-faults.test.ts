import { describe, expect, it, vi } from 'vitest'
import { natsBinaries, testNatsServer } from '../../test-support/nats.ts'
import { createNatsBus } from './nats-bus.ts'
import { startTcpFaultProxy, type TcpFault } from './tcp-fault-proxy.ts'

const PATIENT = { timeout: 90_000, interval: 50 }
const SUBJECT = 'v1.up.contoso.worker-1.rpt'
const PAYLOAD = new Uint8Array(100)

describe.each(natsBinaries())('between an agent and nats-server $version', (binary) => {
  it.each<TcpFault>([{ kind: 'blackhole' }, { kind: 'reset' }, { kind: 'half-open' }, { kind: 'stalled-reader' }])(
    '$kind: a report counts as sent when it is acknowledged, and is in the stream once',
    async (fault) => {
      await using server = await testNatsServer({ binary })
      await using proxy = await startTcpFaultProxy({ port: Number(new URL(server.url).port) })
      const common = { ...server.credentials, tenant: 'contoso' }
      const service = await createNatsBus({ ...common, url: server.url, name: 'service', role: 'service' })
      // With the pings of a service, which notices sooner that nobody is there.
      const url = `nats://127.0.0.1:${proxy.port}`
      const agent = await createNatsBus({ ...common, url, name: 'worker-1', role: 'service' })
      await agent.append(SUBJECT, PAYLOAD, { msgId: 'before' })
      proxy.set(fault)
      await expect(agent.append(SUBJECT, PAYLOAD, { msgId: 'during' })).rejects.toMatchObject({
        code: expect.stringMatching(/^bus\/(timeout|disconnected)$/),
      })
      if (fault.kind !== 'half-open') proxy.set({ kind: 'none' })
      await vi.waitFor(() => agent.append(SUBJECT, PAYLOAD, { msgId: 'during' }), PATIENT)
      await agent.append(SUBJECT, PAYLOAD, { msgId: 'after' })
      expect((await service.streamInfo('REPORTS')).messages).toBe(3)
      await Promise.all([agent.close(), service.close()])
    },
  )

  it('a reader that takes nothing in is dropped by the server, and is back when it reads again', async () => {
    await using server = await testNatsServer({ binary })
    await using proxy = await startTcpFaultProxy({ port: Number(new URL(server.url).port) })
    const common = { ...server.credentials, tenant: 'contoso' }
    const service = await createNatsBus({ ...common, url: server.url, name: 'service', role: 'service' })
    const url = `nats://127.0.0.1:${proxy.port}`
    const agent = await createNatsBus({ ...common, url, name: 'worker-1', role: 'agent' })
    const said: string[] = []
    agent.onStatus((status) => said.push(status))
    let heard = 0
    agent.subscribe('v1.bc.contoso.all', () => heard++)
    await agent.append(SUBJECT, PAYLOAD, { msgId: 'subscribed' })
    proxy.set({ kind: 'stalled-reader' })
    const slow = async (): Promise<number> =>
      ((await (await fetch(`${server.monitorUrl}/varz`)).json()) as { slow_consumers: number }).slow_consumers
    await vi.waitFor(async () => {
      for (let n = 0; n < 20; n++) service.publish('v1.bc.contoso.all', new Uint8Array(500_000))
      expect(await slow()).toBeGreaterThan(0)
    }, PATIENT)
    proxy.set({ kind: 'none' })
    await vi.waitFor(() => expect(said).toEqual(['disconnected', 'connected']), PATIENT)
    const before = heard
    await vi.waitFor(() => {
      service.publish('v1.bc.contoso.all', PAYLOAD)
      expect(heard).toBeGreaterThan(before)
    }, PATIENT)
    await Promise.all([agent.close(), service.close()])
  })
})
