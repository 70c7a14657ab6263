import { CodedError } from '../core/result.ts'
import { type DerValue, encodeDer, oid, sequence, setOf, Tag, text } from './der.ts'
import type { DerReader } from './der-reader.ts'

/**
 * A distinguished name (X.501, RFC 5280 §4.1.2.4) as its relative names in order, the most general first. Each relative
 * name holds one attribute; the rare ones with several are refused.
 */
export type Name = readonly NameAttribute[]

export interface NameAttribute {
  /** A short name of RFC 4514 §3 or X.520, or the attribute's OID in dotted decimals when it has none here. */
  readonly type: string
  readonly value: string
}

interface AttributeType {
  readonly oid: string
  readonly oidDer: Uint8Array
  /** String type to write. */
  readonly tag: number
  /** Upper bound in characters (RFC 5280 appendix A.1, ub-…). */
  readonly max: number
}

const attributeType = (dotted: string, tag: number, max: number): AttributeType => ({
  oid: dotted,
  oidDer: encodeDer(oid(dotted)),
  tag,
  max,
})

const attributeTypes: ReadonlyMap<string, AttributeType> = new Map([
  ['CN', attributeType('2.5.4.3', Tag.utf8String, 64)],
  // X.520: PrintableString and nothing else.
  ['serialNumber', attributeType('2.5.4.5', Tag.printableString, 64)],
  ['C', attributeType('2.5.4.6', Tag.printableString, 2)],
  ['L', attributeType('2.5.4.7', Tag.utf8String, 128)],
  ['ST', attributeType('2.5.4.8', Tag.utf8String, 128)],
  ['O', attributeType('2.5.4.10', Tag.utf8String, 64)],
  ['OU', attributeType('2.5.4.11', Tag.utf8String, 64)],
  ['emailAddress', attributeType('1.2.840.113549.1.9.1', Tag.ia5String, 255)],
  ['DC', attributeType('0.9.2342.19200300.100.1.25', Tag.ia5String, 64)],
])
const shortNames = new Map([...attributeTypes].map(([name, { oid }]) => [oid, name]))

// X.660 §7.6: the second arc is below 40 under 0 and 1. At most some 60 digits, so that readers take it, too.
const dottedOid = /^(?=.{3,60}$)([01]\.([1-3]?\d)|2\.(0|[1-9]\d*))(\.(0|[1-9]\d*))*$/
const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/
const ia5 = /^[\0-\x7f]*$/
const controlCharacter = /\p{Cc}/u

/**
 * The DER of a name. An empty name is legal where an alternative name stands for it.
 * @throws CodedError `pki/invalid-name` for an unknown type, and for a value that is empty, too long, or holds
 *   characters which its type does not allow
 */
export const encodeName = (name: Name): DerValue =>
  sequence(...name.map((attribute) => setOf([encodeAttribute(attribute)])))

function encodeAttribute({ type, value }: NameAttribute): DerValue {
  const { oidDer, tag, max } = attributeTypes.get(type) ?? unnamedType(type)
  const length = [...value].length
  if (length === 0 || length > max) throw invalidName(`the value has ${length} characters, not 1 to ${max}`, type)
  if (!allowed(tag, value) || controlCharacter.test(value)) {
    throw invalidName(`'${value}' has characters that are not allowed here`, type)
  }
  return sequence(oidDer, text(tag, value))
}

function unnamedType(dotted: string): AttributeType {
  if (!dottedOid.test(dotted)) throw invalidName(`'${dotted}' is no attribute type`, dotted)
  return attributeType(dotted, Tag.utf8String, 255)
}

/**
 * The next value as a name.
 * @throws CodedError `pki/malformed`; `pki/invalid-name` for forms that are legal and not read
 */
export function readName(reader: DerReader, what: string): Name {
  const relativeNames = reader.sequence(what)
  const name: NameAttribute[] = []
  while (!relativeNames.atEnd) {
    const set = relativeNames.enter(Tag.set, `a relative name of ${what}`)
    const attribute = set.sequence(`an attribute of ${what}`)
    const type = attribute.oid(`an attribute type of ${what}`)
    const value = readString(attribute, what)
    attribute.end(`an attribute of ${what}`)
    if (!set.atEnd) throw invalidName('a relative name with several attributes is not read', what)
    name.push({ type: shortNames.get(type) ?? type, value })
  }
  return name
}

/** The name as text, the most specific part first (RFC 4514 §2): `CN=…,OU=…,O=…`. */
export const formatName = (name: Name): string =>
  name
    .toReversed()
    .map(({ type, value }) => `${type}=${escapeValue(value)}`)
    .join(',')

// RFC 4514 §2.4: a space at either end, a leading #, and the characters that have a meaning in the text.
const escapeValue = (value: string): string => value.replace(/^[ #]|["+,;<>\\]| $/g, '\\$&')

const stringTags: readonly number[] = [Tag.utf8String, Tag.printableString, Tag.ia5String]
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readString(reader: DerReader, what: string): string {
  const tag = reader.nextTag(`a value of ${what}`)
  if (!stringTags.includes(tag)) throw invalidName(`strings of type 0x${tag.toString(16)} are not read`, what)
  const value = decodeUtf8(reader.content(tag, `a value of ${what}`))
  // U+0000 has been used to make one name look like another.
  if (value === undefined || value === '' || value.includes('\0') || !allowed(tag, value)) {
    reader.fail(`a value of ${what} is not what its string type allows`)
  }
  return value
}

function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return utf8.decode(octets)
  } catch {
    return undefined
  }
}

function allowed(tag: number, value: string): boolean {
  if (tag === Tag.printableString) return printable.test(value)
  return tag === Tag.ia5String ? ia5.test(value) : value.isWellFormed()
}

const invalidName = (message: string, at: string): CodedError => new CodedError('pki/invalid-name', message, { at })
