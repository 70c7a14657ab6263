import type { Rng } from '@muster/shared/core'

/** Where a device is, in degrees. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

/** Somewhere people live, as exact as a satellite tells it. */
export const somewhere = (chance: Rng): Place => ({
  latitude: round(chance.unit() * 120 - 55),
  longitude: round(chance.unit() * 360 - 180),
})

/** About ten centimetres. */
const round = (degrees: number): number => Math.round(degrees * 1_000_000) / 1_000_000
