import { type ManualClock, manualClock } from '@muster/shared/core'
import { generateDeviceKey } from '@muster/shared/pki'
import { createLogger, createMemoryBroker, type MemoryBroker, systemClock } from '@muster/shared/runtime'
import { NOW_MS, testPlatform } from '../domain/device.test-support.ts'
import type { Platform } from '../domain/platform.ts'
import { createFleet, type Fleet, type FleetOptions } from './fleet.ts'
import { startService, TENANT, type TestService, TOKEN } from './service.test-support.ts'

/** A broker, a service in small and agents, in this process; time moves when a test says so. */
export interface TestWorld extends AsyncDisposable {
  readonly broker: MemoryBroker
  readonly clock: ManualClock
  readonly service: TestService
  /** An agent that is connected and listens. */
  agent(options?: Partial<FleetOptions>): Promise<Fleet>
}

export const log = createLogger({ name: 'test', level: 'silent' })

export async function createWorld({
  platform = testPlatform,
  reportsBytesMax,
}: {
  platform?: Platform
  reportsBytesMax?: number
} = {}): Promise<TestWorld> {
  const broker = createMemoryBroker(reportsBytesMax === undefined ? {} : { reportsBytesMax })
  const clock = manualClock(NOW_MS)
  const service = await startService(broker.connect('service'), clock)
  const fleets: Fleet[] = []
  return {
    broker,
    clock,
    service,
    agent: async (options = {}) => {
      const agentId = options.agentId ?? 'agent-1'
      const fleet = createFleet({
        agentId,
        tenant: TENANT,
        boot: `boot-${fleets.length}`,
        bus: broker.connect(agentId),
        clock,
        wall: systemClock(),
        generateKey: generateDeviceKey,
        platformOf: () => platform,
        capacity: 1_000,
        log,
        ...options,
      })
      fleets.push(fleet)
      await fleet.start()
      return fleet
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(fleets.map((fleet) => fleet.stop()))
      await service.stop()
    },
  }
}

/** Repeat until it does not throw: the world works in turns of the event loop, and no test knows how many. */
export async function eventually(check: () => void, patienceMs = 5_000): Promise<void> {
  const untilMs = performance.now() + patienceMs
  for (;;) {
    try {
      check()
      return
    } catch (error) {
      if (performance.now() > untilMs) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** An order that makes so many devices of the test platform, quiet by temperament. */
export const population = (count: number, rest: Record<string, unknown> = {}): unknown => ({
  order: 'populate',
  shard: 0,
  shares: [100_000],
  tokens: { 'windows/entra-join': TOKEN },
  ...rest,
  population: {
    seed: 'seed',
    users: { count: 10, domain: 'contoso.example' },
    groups: [
      {
        name: 'win',
        platform: 'windows',
        mode: 'entra-join',
        count,
        temperament: { driftFactor: 0, applyFailure: 0 },
      },
    ],
    ...(rest['population'] as Record<string, unknown> | undefined),
  },
})

export const statesOf = (fleet: Fleet) => [...fleet.slots.values()].map(({ state }) => state)
