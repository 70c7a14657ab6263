import type { LiveEvent } from '@muster/shared/contracts'
import { type Clock, CodedError, HOUR_MS, pause, SECOND_MS } from '@muster/shared/core'
import type { FullAnswer, MusterClient } from '../client/muster-client.ts'
import { refusal } from '../client/refusal.ts'
import type { WorldControl } from './world-control.ts'

export const WORLD_URL = 'https://world.invalid'

/** What passes when a fault is over. Orders of the simulation may be given twice: they say how things are to be. */
const passing: ReadonlySet<string> = new Set([
  'bus/timeout',
  'bus/disconnected',
  'bus/no-responders',
  'simulation/worker-silent',
  'simulation/no-workers',
])
const RETRY_MS = 10 * SECOND_MS
const RETRY_MAX_MS = 2 * HOUR_MS

/** How long a call waits for a service that is down. */
const WAIT_MAX_MS = 600 * SECOND_MS

/** How long to wait before asking again, where an answer says so. */
function retryAfterMs({ status, headers }: Pick<FullAnswer, 'status'> & Partial<FullAnswer>): number | undefined {
  const seconds = Number(headers?.['retry-after'])
  return status === 429 && seconds > 0 ? seconds * SECOND_MS : undefined
}

/** A client in the same process: the public doors without the wire. It waits for a service that is down. `asked`: calls so far. */
export function createWorldClient(
  control: WorldControl,
  clock: Clock,
  listeners: Set<(event: LiveEvent) => void>,
  asked = { calls: 0 },
): MusterClient {
  const ask = async (method: string, path: string, body: unknown) => {
    for (let waitedMs = 0; !control.door; waitedMs += SECOND_MS) {
      if (waitedMs >= WAIT_MAX_MS)
        throw new CodedError('client/unreachable', `${method} ${path}: the control service is down`)
      await pause(clock, SECOND_MS)
    }
    await control.running()
    const { door } = control
    if (!door) throw new CodedError('client/unreachable', `${method} ${path}: the control service has ended`)
    control.calls++
    try {
      return await door.answer({
        method,
        url: path,
        authorization: undefined,
        correlationId: `runner-${++asked.calls}`,
        // As the wire would have it: nothing undefined, nothing shared.
        body: body === undefined ? undefined : JSON.parse(JSON.stringify(body)),
        origin: WORLD_URL,
      })
    } finally {
      control.calls--
    }
  }
  return {
    url: WORLD_URL,
    call: async (method, path, body) => {
      for (let waitedMs = 0; ; ) {
        const answer = await ask(method, path, body)
        if (answer.status < 400) return answer.body
        const refused = refusal(method, path, answer)
        const waitMs =
          retryAfterMs(answer) ?? (path.startsWith('/_muster/') && passing.has(refused.code) ? RETRY_MS : 0)
        if (waitMs === 0 || waitedMs >= RETRY_MAX_MS) throw refused
        await pause(clock, waitMs)
        waitedMs += waitMs
      }
    },
    ask: async (method, path) => {
      const { status, body, headers = {} } = await ask(method, path, undefined)
      return { status, body, headers }
    },
    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => listeners.clear(),
  }
}
