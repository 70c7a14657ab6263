import { createRng } from './rng.ts'

/**
 * A device's own draw for a selection, in [0, 1): those whose draw is below a share are in it. The same seed, salt and key
 * give the same draw on every agent, whoever else there is.
 */
export const selectionDraw = (seed: string, salt: string, deviceKey: string): number =>
  createRng(`${seed}/select/${salt}/${deviceKey}`).unit()

/**
 * The share to ask agents for, so that exactly `count` of `deviceKeys` are below it: half-way between the last draw that is
 * in and the first that is out.
 */
export function exactShare(deviceKeys: readonly string[], count: number, seed: string, salt: string): number {
  if (count >= deviceKeys.length) return 1
  const draws = deviceKeys.map((key) => selectionDraw(seed, salt, key)).sort((a, b) => a - b)
  return ((draws[count - 1] ?? 0) + (draws[count] ?? 1)) / 2
}
