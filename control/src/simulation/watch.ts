import type { LiveEvent } from '@muster/shared/contracts'
import type { Timer } from '@muster/shared/core'
import type { Control } from '../control.ts'
import { statsOf } from './stats.ts'

export interface WatchOptions {
  /** How long until the next statistics, milliseconds of `wall`; asked for anew each time. */
  readonly statsAfterMs: () => number
  /** Nobody listens just now: spare the statistics. @default always somebody */
  readonly idle?: () => boolean
}

/** Tell what happens as it happens, and the statistics over and over, until stopped. */
export function watchControl(
  control: Control,
  { statsAfterMs, idle = () => false }: WatchOptions,
  tell: (event: LiveEvent) => void,
): { stop(): void } {
  const { wall, log } = control.deps
  let stopped = false
  let timer: Timer
  const forget = control.onSignal(({ atMs, what, text, deviceId, correlationId }) =>
    tell({
      type: 'event',
      atMs,
      what,
      text,
      ...(deviceId === undefined ? {} : { deviceId }),
      ...(correlationId === undefined ? {} : { correlationId }),
    }),
  )
  const look = async (): Promise<void> => {
    try {
      if (!idle()) {
        const stats = await statsOf(control)
        if (!stopped) tell({ type: 'stats', stats })
      }
    } catch (error) {
      if (!stopped) log.warn({ err: error }, 'no statistics for the live view')
    }
    if (!stopped) again()
  }
  const again = (): void => {
    timer = wall.at(wall.nowMs() + statsAfterMs(), () => void look())
  }
  again()
  return {
    stop: () => {
      stopped = true
      timer.cancel()
      forget()
    },
  }
}
