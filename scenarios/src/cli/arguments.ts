import { InvalidArgumentError } from 'commander'

/** An option's text as a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a number above 0.')
}

/** An option's text as a whole number from 1. */
export function count(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('It must be a whole number from 1.')
}

/** An option's text as a TCP port; 0 lets the system choose. */
export function port(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 65_535) return value
  throw new InvalidArgumentError('It must be a port from 0 to 65535.')
}

/** An option that may be given again: all its texts. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]
