import type { DevicePhase } from '@muster/shared/contracts'
import type { DeviceState } from '../domain/index.ts'

type Counted = Pick<DeviceState, 'phase' | 'online'>

/** How many devices of a fleet are in each phase, and in reach; kept up to date instead of counted anew. */
export interface Census {
  joined(device: Counted): void
  changed(before: Counted, after: Counted): void
  readonly devices: Readonly<Partial<Record<DevicePhase, number>>>
  readonly online: number
}

export function newCensus(): Census {
  const devices: Partial<Record<DevicePhase, number>> = {}
  let online = 0
  const count = ({ phase, online: inReach }: Counted, by: 1 | -1): void => {
    devices[phase] = (devices[phase] ?? 0) + by
    if (inReach) online += by
  }
  return {
    joined: (device) => count(device, 1),
    changed: (before, after) => {
      if (before.phase === after.phase && before.online === after.online) return
      count(before, -1)
      count(after, 1)
    },
    devices,
    get online() {
      return online
    },
  }
}
