export interface Point {
  /** Wall time, milliseconds. */
  readonly x: number
  readonly y: number
}

/** The straight line that comes nearest to some points. */
export interface Line {
  readonly mean: number
  /** How much more at the end of the points than at their beginning. */
  readonly rise: number
  /** The same for an hour of them. */
  readonly perHour: number
}

const HOUR_MS = 3_600_000

/** Least squares. A line through fewer than two moments is level. */
export function fitLine(points: readonly Point[]): Line {
  const count = Math.max(1, points.length)
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / count
  const mean = points.reduce((sum, { y }) => sum + y, 0) / count
  let [products, squares] = [0, 0]
  for (const { x, y } of points) {
    products += (x - meanX) * (y - mean)
    squares += (x - meanX) ** 2
  }
  const slope = squares === 0 ? 0 : products / squares
  const [first, last] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0]
  return { mean, rise: slope * (last - first), perHour: slope * HOUR_MS }
}
