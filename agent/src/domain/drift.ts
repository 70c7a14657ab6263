import type { Posture } from '@muster/shared/contracts'
import { DAY_MS } from '@muster/shared/core'
import { appoint } from './agenda.ts'
import type { DeviceState } from './state.ts'
import { type Turn, viewOf } from './turn.ts'

/** Make the appointment with the next drift: a Poisson process over all facts of the platform. */
export function appointDrift(state: DeviceState, { nowMs, platform, chance }: Turn): DeviceState {
  const perDay = platform.drifts.reduce((sum, drift) => sum + drift.perDay, 0) * state.temperament.driftFactor
  if (perDay <= 0) return state
  return appoint(state, {
    what: 'drift',
    atMs: nowMs + Math.ceil(chance.fork('next-drift').exponential(DAY_MS / perDay)),
  })
}

/** One fact changes by itself, and perhaps somebody will mend it. */
export function drift(state: DeviceState, turn: Turn): DeviceState {
  const { platform, chance, nowMs } = turn
  const next = appointDrift(state, turn)
  const drifting = chance.fork('drift').weighted(platform.drifts.map((each) => ({ ...each, weight: each.perDay })))
  const before = state.inventory.posture[drifting.fact]
  if (before === undefined) return next
  const { to } = drifting
  const value = typeof to === 'function' ? to(state.inventory, chance.fork('value')) : to
  const changed = withPosture(next, { [drifting.fact]: value })
  if (changed === next) return next
  const mends = drifting.heals && chance.fork('heals').chance(state.temperament.selfHeal)
  if (!mends) return changed
  const atMs = nowMs + Math.ceil(chance.fork('heals-after').exponential(state.temperament.selfHealAfterMs))
  return appoint(changed, { what: 'mend', atMs, posture: { [drifting.fact]: before } })
}

/** Drift by order of the scenario. */
export function driftTo(
  state: DeviceState,
  { nowMs }: Turn,
  { posture, osVersion, healAfterMs }: { posture: Posture; osVersion?: string | undefined; healAfterMs?: number },
): DeviceState {
  const known = state.inventory.posture
  // A fact that the platform has no notion of does not appear by order.
  const facts = Object.fromEntries(
    Object.entries(posture).filter(([fact]) => known[fact as keyof Posture] !== undefined),
  ) as Posture
  const before = Object.fromEntries(Object.keys(facts).map((fact) => [fact, known[fact as keyof Posture]])) as Posture
  const changed = withOs(withPosture(state, facts), osVersion)
  if (healAfterMs === undefined) return changed
  return appoint(changed, {
    what: 'mend',
    atMs: nowMs + healAfterMs,
    posture: before,
    ...(osVersion === undefined ? {} : { osVersion: state.inventory.os.version }),
  })
}

export const mend = (state: DeviceState, posture: Posture, osVersion: string | undefined): DeviceState =>
  withOs(withPosture(state, posture), osVersion)

export function withPosture(state: DeviceState, posture: Posture): DeviceState {
  const before = state.inventory.posture
  const same = Object.entries(posture).every(([fact, value]) => before[fact as keyof Posture] === value)
  return same ? state : { ...state, inventory: { ...state.inventory, posture: { ...before, ...posture } } }
}

function withOs(state: DeviceState, version: string | undefined): DeviceState {
  if (version === undefined || version === state.inventory.os.version) return state
  return { ...state, inventory: { ...state.inventory, os: { ...state.inventory.os, version } } }
}

/** Make the appointment with the system's next look for updates. */
export function appointUpdate(state: DeviceState, { nowMs, platform, chance }: Turn): DeviceState {
  const { updater } = platform
  const perDay = (updater?.perDay ?? 0) * Math.min(1, state.temperament.driftFactor)
  if (perDay <= 0) return state
  return appoint(state, {
    what: 'update',
    atMs: nowMs + Math.ceil(chance.fork('next-update').exponential(DAY_MS / perDay)),
  })
}

export function updateSystem(state: DeviceState, turn: Turn): DeviceState {
  if (state.faults?.diskFull !== undefined) return appointUpdate(state, turn)
  const os = turn.platform.updater?.next(state.inventory.os, viewOf(state))
  const next = appointUpdate(state, turn)
  return os ? { ...next, inventory: { ...next.inventory, os } } : next
}
