import { encode, subjects, WorkerHelloReply } from '@muster/shared/contracts'
import { type Bus, manualClock } from '@muster/shared/core'
import { createLogger, createMemoryBroker } from '@muster/shared/runtime'
import { expect, it } from 'vitest'
import { openWorkers, type Workers } from './workers.ts'

const TENANT = 'contoso'

const offer = () => ({ id: '00000000-1', publicKey: 'A'.repeat(124) })

function start({ expected = [] as readonly string[] } = {}) {
  const broker = createMemoryBroker()
  const wall = manualClock(0)
  const log = createLogger({ name: 'test', level: 'silent' })
  const options = {
    bus: broker.connect('service'),
    letters: broker.connect('letters'),
    wall,
    tenant: TENANT,
    log,
    onDeadLetter: () => undefined,
    expected,
    offer,
  }
  return { wall, worker: broker.connect('worker'), workers: openWorkers(options) }
}

async function greet(bus: Bus, agentId: string, boot = 'boot-1', leaving = false): Promise<boolean> {
  const hello = {
    ...{ v: 1, agentId, boot, leaving, everyMs: 2_000, pid: 1, capacity: 10, labels: {}, sentAtMs: 0 },
    ...{ devices: {}, online: 0, lagMs: { p50: 0, p99: 0, max: 0 }, rssBytes: 1 },
    counters: {
      ...{ checkIns: 0, reportsSent: 0, reportsResent: 0, requestErrors: 0, pokes: 0, refused: 0, renewals: 0 },
    },
  }
  const answer = await bus.request(subjects.workerHello(TENANT, agentId), encode(hello), { timeoutMs: 1_000 })
  return WorkerHelloReply.parse(JSON.parse(new TextDecoder().decode(answer))).accepted
}

const ids = (workers: Workers): string[] => workers.reachable().map(({ hello }) => hello.agentId)

it('a service that has just started waits for the workers it had before, and not for ever', async () => {
  const { workers, worker, wall } = start({ expected: ['w1', 'w2'] })
  const silent = { code: 'simulation/worker-silent' }
  expect(() => workers.reachable()).toThrow(expect.objectContaining(silent))
  expect(await greet(worker, 'w1')).toBe(true)
  expect(() => workers.reachable()).toThrow('w2')
  expect(await greet(worker, 'w2')).toBe(true)
  expect(ids(workers)).toEqual(['w1', 'w2'])

  const alone = start({ expected: ['gone'] })
  await greet(alone.worker, 'w1')
  expect(() => alone.workers.reachable()).toThrow('gone')
  alone.wall.advance(6_000)
  expect(ids(alone.workers)).toEqual(['w1'])
  expect(ids(workers)).toEqual(['w1', 'w2'])
  wall.advance(8_000)
  expect(() => workers.reachable()).toThrow(expect.objectContaining(silent))
})

it('a worker name belongs to the process that lives under it', async () => {
  const { workers, worker, wall } = start()
  expect(await greet(worker, 'w1', 'boot-1')).toBe(true)
  expect(await greet(worker, 'w1', 'boot-2')).toBe(false)
  wall.advance(8_000)
  expect(await greet(worker, 'w1', 'boot-2')).toBe(true)
  expect(await greet(worker, 'w1', 'boot-2', true)).toBe(true)
  expect(ids(workers)).toEqual([])
  expect(await greet(worker, 'w1', 'boot-3')).toBe(true)
})
