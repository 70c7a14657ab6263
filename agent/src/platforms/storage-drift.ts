import type { Drift } from '../domain/platform.ts'

/** Storage fills up, and now and then somebody tidies: a step either way of up to a fifth of the disk, more often up. */
export const storageDrift = (perDay: number): Drift => ({
  fact: 'freeStorageBytes',
  to: ({ posture, hardware: { totalStorageBytes } }, chance) => {
    const free = posture.freeStorageBytes ?? 0
    const change = totalStorageBytes * 0.2 * chance.unit() * (chance.chance(0.65) ? -1 : 1)
    return Math.round(Math.min(totalStorageBytes * 0.95, Math.max(totalStorageBytes * 0.005, free + change)))
  },
  perDay,
  heals: false,
})
