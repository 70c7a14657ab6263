import { type EnrolmentMode, enrolmentMode } from '@muster/shared/contracts'
import { createRng, type EpochMs, type Rng } from '@muster/shared/core'
import type { Effect } from './messages.ts'
import type { DeviceView, Platform } from './platform.ts'
import type { DeviceState } from './state.ts'

/** One step's surroundings: the moment, the platform, a stream of chance of its own, and the effects so far. */
export interface Turn {
  readonly nowMs: EpochMs
  readonly platform: Platform
  readonly chance: Rng
  readonly effects: Effect[]
}

export const openTurn = (state: DeviceState, nowMs: EpochMs, platform: Platform): Turn =>
  new OpenTurn(state, nowMs, platform)

class OpenTurn implements Turn {
  readonly nowMs: EpochMs
  readonly platform: Platform
  readonly effects: Effect[] = []
  readonly from: DeviceState
  drawn: Rng | undefined = undefined

  constructor(from: DeviceState, nowMs: EpochMs, platform: Platform) {
    this.from = from
    this.nowMs = nowMs
    this.platform = platform
  }

  // Most steps draw nothing, and seeding costs more than they do.
  get chance(): Rng {
    this.drawn ??= createRng(`${this.from.seed}/${this.from.key}#${this.from.turn}`)
    return this.drawn
  }
}

/** What the device's own clock shows. */
export const deviceNowMs = ({ faults }: DeviceState, { nowMs }: Pick<Turn, 'nowMs'>): EpochMs =>
  Math.max(0, nowMs + (faults?.clockSkewMs ?? 0))

/** A correlation id for what the device begins by itself. */
export const ownCorrelation = ({ key, turn }: DeviceState): string => `${key}.${turn}`.slice(-64)

/** A GUID from the device's own chance. */
export function guidFrom(chance: Rng): string {
  const hex = chance.hex(32)
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join('-')
}

export function modeOf(state: Pick<DeviceState, 'platform' | 'mode'>): EnrolmentMode {
  const mode = enrolmentMode(state.platform, state.mode)
  if (!mode) throw new Error(`${state.platform} has no mode ${state.mode}`)
  return mode
}

export const viewOf = (state: DeviceState): DeviceView => ({
  inventory: state.inventory,
  mode: modeOf(state),
  settings: state.settings,
})
