import { CodedError, pause } from '@muster/shared/core'
import { systemClock } from '@muster/shared/runtime'
import { overlap } from '../runner/overlap.ts'
import type { Breaker } from '../runner/stage.ts'
import type { Stack } from './stack.ts'

const BACK_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 50
/** Longer than any run: the end of the fault says when. */
const UNTIL_TOLD_MS = 86_400_000

/** Breaks a stack's processes by signals, and mends them. */
export function liveBreaker({ nats, control }: Stack, speed: number): Breaker {
  const killed = overlap(
    () => nats.kill({ downMs: UNTIL_TOLD_MS }),
    async () => {
      nats.revive()
      await brokerIsBack(nats, undefined)
    },
  )
  const hangs = overlap(
    async () => nats.pause(),
    async () => nats.resume(),
  )
  const down = overlap<'kill' | 'end'>(
    (how) => control[how](),
    async () => {
      await brokerIsBack(nats, undefined)
      await control.start()
    },
  )
  const controlHangs = overlap(
    async () => control.pause(),
    async () => control.resume(),
  )
  return {
    killBroker: async (downMs) => {
      const before = nats.pid
      await nats.kill({ downMs: downMs / speed })
      await brokerIsBack(nats, before, downMs / speed)
    },
    killControl: async () => (await down('kill'))(),
    faults: {
      'broker.kill': () => killed(),
      'broker.pause': () => hangs(),
      'control.pause': () => controlHangs(),
      'control.crash': () => down('kill'),
      'control.restart': () => down('end'),
    },
  }
}

/** Wait until the broker runs, as another process than before. One that runs elsewhere is none of our business. */
export async function brokerIsBack(nats: Stack['nats'], before: number | undefined, downMs = 0): Promise<void> {
  if (nats.version === undefined) return
  const deadline = Date.now() + downMs + BACK_WITHIN_MS
  while (nats.pid === undefined || nats.pid === before) {
    if (Date.now() > deadline) throw new CodedError('stack/start-failed', 'nats-server did not come back')
    await pause(systemClock(), LOOK_EVERY_MS)
  }
}
