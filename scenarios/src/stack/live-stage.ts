import { CodedError } from '@muster/shared/core'
import { scaledClock } from '@muster/shared/runtime'
import type { Scenario } from '@muster/shared/scenario'
import { createHttpClient } from '../client/http-client.ts'
import type { Stage } from '../runner/stage.ts'
import { liveBreaker } from './live-breaker.ts'
import { startStack } from './stack.ts'

const DEVICES_PER_WORKER = 10_000
const LOOK_EVERY_WALL_MS = 300
const WATCH_EVERY_WALL_MS = 1_000
const PATIENCE_WALL_MS = { enrolment: 300_000, reports: 20_000 } as const
/** How long a part that no longer answers has to say why. */
const LAST_WORDS_MS = 3_000

export interface LiveStageOptions {
  readonly scenario: Scenario
  /** Where stores, keys and logs of this run lie. */
  readonly dataDir: string
  readonly env: NodeJS.ProcessEnv
  readonly logLevel: string
  /** A part has ended, or is back. */
  readonly onEvent: (what: string, text: string) => void
}

/**
 * A stage of real processes: a nats-server, the control service and workers, in real time speeded up by the scenario's
 * factor.
 * @throws CodedError when the environment is not ready
 */
export async function openLiveStage({ scenario, ...options }: LiveStageOptions): Promise<Stage> {
  const { speed, start } = scenario.clock
  const originWallMs = Date.now()
  const scale = { originWallMs, originMs: start === undefined ? originWallMs : Date.parse(start), speed }
  const workers = scenario.workers ?? Math.max(1, Math.ceil(scenario.population.size / DEVICES_PER_WORKER))
  const lost = new AbortController()
  const stack = await startStack({
    ...options,
    tenant: scenario.tenant.name,
    workers,
    capacity: Math.ceil(scenario.population.size / workers) + 1,
    clock: scale,
    port: 0,
    keepFleets: false,
    ...(scenario.graph.throttling === undefined ? {} : { graph: { throttlingScale: scenario.graph.throttling } }),
    onLost: (error) => lost.abort(error),
  })
  const client = createHttpClient(stack.connection)
  return {
    mode: 'live',
    client,
    clock: scaledClock(scale),
    breaker: liveBreaker(stack, speed),
    lost: lost.signal,
    lookAgainMs: () => LOOK_EVERY_WALL_MS * speed,
    watchAgainMs: () => WATCH_EVERY_WALL_MS * speed,
    patienceMs: (what) => PATIENCE_WALL_MS[what] * speed,
    environment: { 'nats-server': stack.nats.version ?? 'elsewhere' },
    perform: async (work) => {
      try {
        return await work()
      } catch (error) {
        // What fails because a part is gone is not the story; that it is gone is, and word of it may come a moment later.
        if (error instanceof CodedError && error.code === 'client/unreachable') await within(LAST_WORDS_MS, lost.signal)
        lost.signal.throwIfAborted()
        throw error
      }
    },
    stop: async () => {
      client.close()
      await stack.stop()
    },
  }
}

const within = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const now = (): void => {
      clearTimeout(timer)
      resolve()
    }
    if (signal.aborted) now()
    else signal.addEventListener('abort', now, { once: true })
  })
