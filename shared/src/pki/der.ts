/**
 * Writing DER, the one canonical encoding of ASN.1 that signatures are made over (ITU-T X.690). Values are first put
 * together as a tree that knows its sizes, then written in one pass into one buffer of exactly the right length.
 */

/** A value to be written. */
export interface DerValue {
  readonly tag: number
  readonly contentLength: number
  readonly content: Uint8Array | readonly DerPart[]
}

/** A value to be written, or the bytes of one that is encoded already (tag, length and content). */
export type DerPart = DerValue | Uint8Array

/** Identifier octets (X.690 §8.1.2, X.680 §8.6) of the universal types in use. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** Identifier octet of `[number]`, context-specific class (X.690 §8.1.2.2), for numbers below 31. */
export const contextTag = (number: number, form: 'primitive' | 'constructed'): number =>
  (form === 'constructed' ? 0xa0 : 0x80) | number

/** The bytes of a value. */
export function encodeDer(value: DerValue): Uint8Array {
  const bytes = new Uint8Array(encodedLength(value))
  write(value, bytes, 0)
  return bytes
}

/** Any value with primitive content, given its identifier octet. */
export const primitive = (tag: number, content: Uint8Array): DerValue => ({
  tag,
  contentLength: content.length,
  content,
})

/** Any value made of other values, given its identifier octet. */
export function constructed(tag: number, parts: readonly DerPart[]): DerValue {
  let contentLength = 0
  for (const part of parts) contentLength += encodedLength(part)
  return { tag, contentLength, content: parts }
}

export const sequence = (...parts: readonly DerPart[]): DerValue => constructed(Tag.sequence, parts)

/** `[number] EXPLICIT`: a wrapper around a whole value (X.690 §8.14.2). */
export const explicit = (number: number, part: DerPart): DerValue =>
  constructed(contextTag(number, 'constructed'), [part])

/** SET OF with its elements in the order of their encodings, as X.690 §11.6 demands. */
export function setOf(parts: readonly DerValue[]): DerValue {
  const encodings = parts.map(encodeDer)
  return constructed(Tag.set, encodings.length > 1 ? encodings.sort(Buffer.compare) : encodings)
}

// X.690 §11.1: true is all ones.
export const boolean = (value: boolean): DerValue => primitive(Tag.boolean, Uint8Array.of(value ? 0xff : 0x00))

/**
 * A non-negative INTEGER from its magnitude, most significant octet first. Leading zero octets are dropped and one is
 * put back where the sign bit would be set (X.690 §8.3.2, §8.3.3).
 */
export function unsignedInteger(magnitude: Uint8Array): DerValue {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++
  const digits = magnitude.subarray(start)
  if (digits.length > 0 && (digits[0] as number) < 0x80) return primitive(Tag.integer, digits)
  const content = new Uint8Array(digits.length + 1)
  content.set(digits, 1)
  return primitive(Tag.integer, content)
}

/** A BIT STRING of whole octets: no unused bits (X.690 §8.6.2.2). */
export function bitString(octets: Uint8Array): DerValue {
  const content = new Uint8Array(octets.length + 1)
  content.set(octets, 1)
  return primitive(Tag.bitString, content)
}

/**
 * A BIT STRING with named bits, from the numbers of those that are set; bit 0 is the most significant of the first
 * octet. Trailing zero bits are not written (X.690 §11.2.2).
 */
export function namedBits(setBits: readonly number[]): DerValue {
  if (setBits.length === 0) return primitive(Tag.bitString, Uint8Array.of(0))
  const last = Math.max(...setBits)
  const content = new Uint8Array(2 + (last >> 3))
  content[0] = 7 - (last & 7)
  for (const bit of setBits) content[1 + (bit >> 3)] = (content[1 + (bit >> 3)] as number) | (0x80 >> (bit & 7))
  return primitive(Tag.bitString, content)
}

export const octetString = (octets: Uint8Array): DerValue => primitive(Tag.octetString, octets)

const utf8 = new TextEncoder()

/** A character string; the caller has seen to it that the type may hold it. */
export const text = (tag: number, value: string): DerValue => primitive(tag, utf8.encode(value))

/** An OBJECT IDENTIFIER from dotted decimals (X.690 §8.19). */
export function oid(dotted: string): DerValue {
  const [first, second, ...rest] = dotted.split('.').map(BigInt)
  if (first === undefined || second === undefined) throw new RangeError(`'${dotted}' has fewer than two arcs`)
  // X.690 §8.19.4: the first two arcs share one subidentifier.
  const octets: number[] = []
  for (const arc of [first * 40n + second, ...rest]) octets.push(...base128(arc))
  return primitive(Tag.oid, Uint8Array.from(octets))
}

/** X.690 §8.19.2: groups of seven bits, most significant first, bit 8 set on all but the last. */
function base128(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)]
  for (let left = arc >> 7n; left > 0n; left >>= 7n) octets.unshift(Number(left & 0x7fn) | 0x80)
  return octets
}

function encodedLength(part: DerPart): number {
  if (part instanceof Uint8Array) return part.length
  return 1 + lengthOctets(part.contentLength) + part.contentLength
}

// X.690 §10.1: the definite form, in the fewest octets.
function lengthOctets(length: number): number {
  if (length < 0x80) return 1
  let octets = 2
  for (let left = length >>> 8; left > 0; left >>>= 8) octets++
  return octets
}

function write(part: DerPart, bytes: Uint8Array, start: number): number {
  if (part instanceof Uint8Array) {
    bytes.set(part, start)
    return start + part.length
  }
  bytes[start] = part.tag
  let at = writeLength(part.contentLength, bytes, start + 1)
  if (part.content instanceof Uint8Array) {
    bytes.set(part.content, at)
    return at + part.contentLength
  }
  for (const child of part.content) at = write(child, bytes, at)
  return at
}

function writeLength(length: number, bytes: Uint8Array, at: number): number {
  if (length < 0x80) {
    bytes[at] = length
    return at + 1
  }
  const octets = lengthOctets(length) - 1
  bytes[at] = 0x80 | octets
  for (let i = octets; i > 0; i--) bytes[at + octets - i + 1] = length >>> (8 * (i - 1))
  return at + octets + 1
}
