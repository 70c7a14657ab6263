import { pause } from '@muster/shared/core'
import type { MusterClient } from '../client/muster-client.ts'
import type { Trouble } from './fault-timeline.ts'
import type { Stage } from './stage.ts'

/** How those fail who ask a service that is away, or has no broker. */
const awayCodes = new Set<unknown>([
  'client/unreachable',
  'bus/disconnected',
  'bus/no-responders',
  'bus/timeout',
  'simulation/worker-silent',
  'simulation/http-fault',
])

/** A client that asks again while faults and limits of the scenario are to blame, as an administrator would. */
export function patientClient(stage: Stage, trouble: Readonly<Trouble>, signal: AbortSignal): MusterClient {
  const { client, clock } = stage
  const excused = (): boolean => trouble.active > 0 || clock.nowMs() - trouble.lastMs < stage.patienceMs('reports')
  return {
    ...client,
    call: async (method, path, body) => {
      const sinceMs = clock.nowMs()
      for (;;) {
        try {
          return await client.call(method, path, body)
        } catch (error) {
          const { code } = error as { code?: unknown }
          const later = code === 'graph/throttled' || (awayCodes.has(code) && excused())
          if (!later || signal.aborted) throw error
        }
        await pause(clock, stage.lookAgainMs(clock.nowMs() - sinceMs))
      }
    },
  }
}
