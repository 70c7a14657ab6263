import type { Bus } from '@muster/shared/core'
import { describe, expect, it, vi } from 'vitest'
import { natsBinaries } from '../../test-support/nats.ts'
import { type TestNatsCluster, testNatsCluster } from '../../test-support/nats-cluster.ts'
import { createNatsBus } from './nats-bus.ts'

const PATIENT = { timeout: 120_000, interval: 100 }
const SUBJECT = 'v1.up.contoso.worker-1.rpt'

const connect = ({ servers, credentials }: TestNatsCluster, among: readonly number[], role: 'agent' | 'service') =>
  createNatsBus({
    url: among.map((index) => servers[index]?.url).join(','),
    ...credentials,
    tenant: 'contoso',
    name: role,
    role,
    replicas: 3,
  })

/** As a device does: the same report, under the same number, until it is acknowledged. */
const report = (bus: Bus, number: number): Promise<void> =>
  vi.waitFor(
    () => bus.append(SUBJECT, new TextEncoder().encode(String(number)), { msgId: `report-${number}` }),
    PATIENT,
  )

/** The numbers of the reports that a service has worked through, as they come. */
async function workThrough(bus: Bus): Promise<readonly number[]> {
  const seen: number[] = []
  await bus.consume(
    'REPORTS',
    async (messages) => {
      for (const { payload } of messages) seen.push(Number(new TextDecoder().decode(payload)))
    },
    { durable: 'ingest', maxBatch: 20 },
  )
  return seen
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

const ALL = [0, 1, 2]

async function leaderAmong(cluster: TestNatsCluster, asked: readonly number[]): Promise<number> {
  let leader: number | undefined
  await vi.waitFor(async () => {
    for (const server of asked) leader = await cluster.leaderOf('REPORTS', server)
    expect(asked).toContain(leader)
  }, PATIENT)
  return leader ?? -1
}

describe.each(natsBinaries())('three servers of nats-server $version in a cluster', (binary) => {
  it('go on when the leader of the stream dies: each report that was acknowledged is there, once', async () => {
    await using cluster = await testNatsCluster(binary)
    const service = await connect(cluster, ALL, 'service')
    const agent = await connect(cluster, ALL, 'agent')
    const seen = await workThrough(service)
    for (const number of upTo(50)) await report(agent, number)
    const leader = await leaderAmong(cluster, ALL)
    const others = ALL.filter((index) => index !== leader)
    await cluster.servers[leader]?.kill({ downMs: 600_000 })
    for (const number of upTo(100).slice(50)) await report(agent, number)
    expect(await leaderAmong(cluster, others)).not.toBe(leader)
    cluster.servers[leader]?.revive()
    for (const number of upTo(150).slice(100)) await report(agent, number)
    await vi.waitFor(() => expect(new Set(seen)).toEqual(new Set(upTo(150))), PATIENT)
    await vi.waitFor(async () => expect((await service.streamInfo('REPORTS')).messages).toBe(0), PATIENT)
    await Promise.all([agent.close(), service.close()])
  }, 240_000)

  it('take nothing where the minority is cut off, go on elsewhere, and are one again when they are healed', async () => {
    await using cluster = await testNatsCluster(binary)
    await (await connect(cluster, ALL, 'service')).close()
    const leader = await leaderAmong(cluster, ALL)
    const others = ALL.filter((index) => index !== leader)
    const service = await connect(cluster, others, 'service')
    const [inside, outside] = [await connect(cluster, others, 'agent'), await connect(cluster, [leader], 'agent')]
    const seen = await workThrough(service)
    await Promise.all([report(inside, 1), report(outside, 2)])
    cluster.isolate(leader)
    const cutOff = outside.append(SUBJECT, new TextEncoder().encode('3'), { msgId: 'report-3' })
    await expect(cutOff).rejects.toMatchObject({ code: expect.stringMatching(/^bus\/(timeout|no-responders)$/) })
    await report(inside, 4)
    await vi.waitFor(() => expect(seen).toContain(4), PATIENT)
    expect(seen).not.toContain(3)
    expect(await leaderAmong(cluster, others)).not.toBe(leader)
    cluster.heal()
    await report(outside, 3)
    await vi.waitFor(() => expect(new Set(seen)).toEqual(new Set(upTo(4))), PATIENT)
    await vi.waitFor(async () => expect((await service.streamInfo('REPORTS')).messages).toBe(0), PATIENT)
    await Promise.all([inside.close(), outside.close(), service.close()])
  }, 240_000)
})
