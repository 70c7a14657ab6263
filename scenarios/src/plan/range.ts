/** A figure that is not known before: no less than, and no more than. */
export interface Range {
  readonly least: number
  readonly most: number
}

export const exactly = (value: number): Range => ({ least: value, most: value })
export const between = (least: number, most: number): Range => ({ least, most })

export const sumOf = (ranges: readonly Range[]): Range => ({
  least: ranges.reduce((sum, { least }) => sum + least, 0),
  most: ranges.reduce((sum, { most }) => sum + most, 0),
})

export const times = ({ least, most }: Range, factor: number): Range => ({ least: least * factor, most: most * factor })

/** In words: `1,200`, or `1,200 to 3,400`. */
export function rangeText({ least, most }: Range, text = (value: number) => countText(value)): string {
  const [from, to] = [text(least), text(most)]
  return from === to ? from : `${from} to ${to}`
}

/** A count as it is read: no more digits than are known. */
export function countText(value: number): string {
  const digits = Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 2)
  const rounded = value < 1_000 ? Math.round(value) : Math.round(value / 10 ** digits) * 10 ** digits
  return rounded.toLocaleString('en-US')
}
