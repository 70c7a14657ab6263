import type { Rng } from '@muster/shared/core'
import type { Model } from './system.ts'

// Apple's random serial numbers avoid vowels and letters that look like digits.
const serialAlphabet = [...'0123456789CDFGHJKLMNPQRTVWXY']

/** Ten characters, as devices have had them since 2021. */
export const serialNumber = (chance: Rng): string =>
  Array.from({ length: 10 }, () => chance.pick(serialAlphabet)).join('')

/** Chip id and exclusive chip id, as devices with A12 or later show it: `00008140-001A2B3C4D5E6F70`. */
export const chipUdid = (model: Model, chance: Rng): string => `0000${model.chip}-00${chance.hex(14).toUpperCase()}`

/** A UUID in capitals: a Mac's hardware UUID, an EnrollmentID. */
export function uuid(chance: Rng): string {
  const digits = chance.hex(32).toUpperCase()
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-')
}

/** Fifteen digits; the last is the Luhn check digit (3GPP TS 23.003 §6.2.1). */
export function imei(chance: Rng): string {
  const digits = [3, 5, ...Array.from({ length: 12 }, () => chance.int(0, 9))]
  const sum = digits.reduce((total, digit, i) => total + (i % 2 === 0 ? digit : luhnDouble(digit)), 0)
  return [...digits, (10 - (sum % 10)) % 10].join('')
}

const luhnDouble = (digit: number): number => (digit < 5 ? 2 * digit : 2 * digit - 9)

/** Twelve hexadecimal digits without separators, as Graph shows it; the first six are one of Apple's. */
export const wifiMac = (chance: Rng): string =>
  `${chance.pick(['A483E7', 'F0D793', '3C22FB', '14987E'])}${chance.hex(6).toUpperCase()}`
