/** A moment of simulated time in UTC, to the second. What is no moment is a dash: a device may never have been heard of. */
export const momentText = (ms: number): string =>
  Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 19).replace('T', ' ') : '–'

/** Time since the run began: `+02:15:09`, with days before it where there are any. */
export function elapsedText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000)
  const days = Math.floor(seconds / 86_400)
  const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  return `${ms < 0 ? '−' : '+'}${days > 0 ? `${days}d ` : ''}${clock.map((part) => String(part).padStart(2, '0')).join(':')}`
}
