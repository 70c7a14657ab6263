import { CodedError } from '../core/result.ts'
import { type DerValue, sequence, Tag, text } from './der.ts'
import type { DerReader } from './der-reader.ts'

/** When a certificate may be used: milliseconds since 1970, both ends included, whole seconds. */
export interface Validity {
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** The last second that GeneralizedTime can name; RFC 5280 §4.1.2.5 gives it to certificates that never expire. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59)
const YEAR_1950_MS = Date.UTC(1950, 0, 1)
const YEAR_2050_MS = Date.UTC(2050, 0, 1)

/**
 * The validity that begins at `fromMs` and lasts `durationMs`; fractions of a second are dropped.
 * @throws CodedError `pki/invalid-validity` for less than a second, and for times before 1950 or after 9999
 */
export function validityFrom(fromMs: number, durationMs: number): Validity {
  const notBeforeMs = Math.floor(fromMs / 1_000) * 1_000
  const notAfterMs = Math.floor((fromMs + durationMs) / 1_000) * 1_000
  // Written so that NaN fails, too.
  if (!(notBeforeMs >= YEAR_1950_MS && notAfterMs > notBeforeMs && notAfterMs <= LAST_MS)) {
    throw new CodedError('pki/invalid-validity', `${durationMs} ms from ${fromMs} is no period between 1950 and 9999`)
  }
  return { notBeforeMs, notAfterMs }
}

export const encodeValidity = ({ notBeforeMs, notAfterMs }: Validity): DerValue =>
  sequence(encodeTime(notBeforeMs), encodeTime(notAfterMs))

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on; UTC, to the second (X.690 §11.7, §11.8). */
function encodeTime(atMs: number): DerValue {
  const digits = new Date(atMs).toISOString().slice(0, 19).replace(/\D/g, '')
  return atMs < YEAR_2050_MS ? text(Tag.utcTime, `${digits.slice(2)}Z`) : text(Tag.generalizedTime, `${digits}Z`)
}

export function readValidity(reader: DerReader): Validity {
  const times = reader.sequence('validity')
  const notBeforeMs = readTime(times, 'notBefore')
  const notAfterMs = readTime(times, 'notAfter')
  times.end('validity')
  return { notBeforeMs, notAfterMs }
}

function readTime(reader: DerReader, what: string): number {
  const short = reader.nextIs(Tag.utcTime)
  const written = Buffer.from(reader.content(short ? Tag.utcTime : Tag.generalizedTime, what)).toString('latin1')
  const digits = short ? `${written < '5' ? '20' : '19'}${written}` : written
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits) ??
    reader.fail(`${what} is not written to the second in UTC`)
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const atMs = Date.parse(iso)
  // Date.parse lets the 31st of February pass as the 3rd of March.
  if (Number.isNaN(atMs) || new Date(atMs).toISOString() !== iso) reader.fail(`${what} is no date`)
  if (!short && atMs < YEAR_2050_MS) reader.fail(`${what} must be written as UTCTime before 2050`)
  return atMs
}
