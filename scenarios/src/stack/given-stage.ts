import type { Connection } from '@muster/control'
import { ServiceInfo, type Stats } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { scaledClock } from '@muster/shared/runtime'
import { createHttpClient } from '../client/http-client.ts'
import type { Stage } from '../runner/stage.ts'

const LOOK_EVERY_WALL_MS = 300
const WATCH_EVERY_WALL_MS = 1_000
const PATIENCE_WALL_MS = { enrolment: 300_000, reports: 20_000 } as const

/**
 * A Muster that runs already, on its own clock, as a stage: everything goes through its public door, nothing of it is
 * broken or ended from here.
 * @throws CodedError what a call throws
 */
export async function openGivenStage(connection: Connection): Promise<Stage> {
  const client = createHttpClient(connection)
  const info = await client.call('GET', '/_muster/info').catch((error: unknown) => {
    client.close()
    throw error
  })
  const { clock, natsServerVersion } = ServiceInfo.parse(info)
  const { speed } = clock
  const refuse = async (): Promise<never> => {
    throw new CodedError('stack/not-ours', 'a Muster that ran before is not broken from outside')
  }
  return {
    mode: 'live',
    client,
    clock: scaledClock(clock),
    breaker: { killBroker: refuse, killControl: refuse, faults: {} },
    lost: new AbortController().signal,
    lookAgainMs: () => LOOK_EVERY_WALL_MS * speed,
    watchAgainMs: () => WATCH_EVERY_WALL_MS * speed,
    patienceMs: (what) => PATIENCE_WALL_MS[what] * speed,
    environment: { 'nats-server': natsServerVersion ?? 'elsewhere' },
    perform: (work) => work(),
    stop: async () => client.close(),
  }
}

/**
 * A Muster that runs already, and has no devices yet, for a run.
 * @throws CodedError `stack/not-empty`, and what a call throws
 */
export async function openEmptyStage(connection: Connection): Promise<Stage> {
  const stage = await openGivenStage(connection)
  try {
    const { devices } = (await stage.client.call('GET', '/_muster/stats')) as Stats
    const there = Object.values(devices).reduce((sum, count) => sum + count, 0)
    if (there === 0) return stage
    throw new CodedError(
      'stack/not-empty',
      `${stage.client.url} has ${there} devices already: a run wants a Muster that has none`,
    )
  } catch (error) {
    await stage.stop()
    throw error
  }
}
