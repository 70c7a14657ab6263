import { MINUTE_MS } from '@muster/shared/core'
import { appoint } from './agenda.ts'
import { goAway } from './presence.ts'
import type { ActiveFaults, DeviceState } from './state.ts'
import type { Turn } from './turn.ts'

export const withFaults = (state: DeviceState, faults: ActiveFaults): DeviceState => ({
  ...state,
  faults: { ...state.faults, ...faults },
})

export function withoutFault(state: DeviceState, name: keyof ActiveFaults): DeviceState {
  const { [name]: _, ...others } = state.faults ?? {}
  return { ...state, faults: Object.keys(others).length > 0 ? others : undefined }
}

/** Dead on the spot: what was under way is forgotten, what was done stays done, and soon it starts again. */
export function crash(state: DeviceState, { nowMs, chance }: Turn): DeviceState {
  const dead = { ...goAway(withoutFault(state, 'crash'), 'power'), conversation: undefined }
  return appoint(dead, { what: 'power-on', atMs: nowMs + Math.round(chance.fork('up').jitter(MINUTE_MS, 0.5)) })
}
