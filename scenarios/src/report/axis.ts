/** Steps that people read time in, milliseconds. */
const timeSteps = [
  1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
  7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000, 1_209_600_000, 2_592_000_000,
  7_776_000_000,
]

/** Moments to name on an axis of simulated time, milliseconds since its beginning, the first at 0; about `most`. */
export function timeTicks(spanMs: number, most = 9): readonly number[] {
  const step = timeSteps.find((each) => spanMs / each <= most) ?? Math.max(1, spanMs / most)
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => index * step)
}

/** Values to name from 0 up; the last is the top of the axis and not below `max`. */
export function valueTicks(max: number, most = 5): readonly number[] {
  const raw = Math.max(max, Number.EPSILON) / most
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= raw * 0.999) ?? raw
  const count = Math.max(1, Math.ceil((max / step) * 0.999))
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)))
}

/** A value on an axis: 1,200 rather than 1200, 0.25 rather than 0.250. */
export const tickText = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 3 })
