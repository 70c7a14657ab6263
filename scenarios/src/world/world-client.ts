import type { FrontDoor } from '@muster/control'
import type { LiveEvent } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { MusterClient } from '../client/muster-client.ts'
import { refusal } from '../client/refusal.ts'

export const WORLD_URL = 'https://world.invalid'

/** A client in the same process: the public doors without the wire. `door` is absent while the service is down. */
export function createWorldClient(
  door: () => FrontDoor | undefined,
  listeners: Set<(event: LiveEvent) => void>,
): MusterClient {
  let asked = 0
  return {
    url: WORLD_URL,
    call: async (method, path, body) => {
      const front = door()
      if (!front) throw new CodedError('client/unreachable', `${method} ${path}: the control service is down`)
      const answer = await front.answer({
        method,
        url: path,
        authorization: undefined,
        correlationId: `runner-${++asked}`,
        // As the wire would have it: nothing undefined, nothing shared.
        body: body === undefined ? undefined : JSON.parse(JSON.stringify(body)),
        origin: WORLD_URL,
      })
      if (answer.status >= 400) throw refusal(method, path, answer)
      return answer.body
    },
    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => listeners.clear(),
  }
}
