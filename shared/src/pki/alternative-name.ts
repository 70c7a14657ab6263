import { CodedError } from '../core/result.ts'
import { contextTag, type DerValue, primitive, sequence, text } from './der.ts'
import type { DerReader } from './der-reader.ts'
import { ipOctets, ipText } from './ip-address.ts'

/** A subject alternative name (GeneralName, RFC 5280 §4.2.1.6) of a kind that can be written. */
export interface AlternativeName {
  readonly kind: 'email' | 'dns' | 'uri' | 'ip'
  readonly value: string
}

/** An alternative name as it was read; `other` stands for the remaining kinds, with the DER in hexadecimal digits. */
export type ReadAlternativeName = AlternativeName | { readonly kind: 'other'; readonly value: string }

/** The kinds that are character strings (IA5String), with their tags. */
const textTags = {
  email: contextTag(1, 'primitive'),
  dns: contextTag(2, 'primitive'),
  uri: contextTag(6, 'primitive'),
} as const
const ipTag = contextTag(7, 'primitive')

const visibleAscii = /^[\x21-\x7e]+$/
// RFC 5280 §4.2.1.6, RFC 1034 §3.5; a whole leftmost label may be `*` (RFC 9525 §6.3).
const label = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
const dnsName = new RegExp(`^(\\*\\.)?${label}(\\.${label})*$`)

/**
 * The value of the extension.
 * @throws CodedError `pki/invalid-name` for text that is no name of its kind
 */
export const encodeAlternativeNames = (names: readonly AlternativeName[]): DerValue => sequence(...names.map(encode))

function encode({ kind, value }: AlternativeName): DerValue {
  if (kind === 'ip') {
    const octets = ipOctets(value)
    if (octets === undefined) throw new CodedError('pki/invalid-name', `'${value}' is no IP address`, { at: kind })
    return primitive(ipTag, octets)
  }
  const valid = kind === 'dns' ? value.length <= 253 && dnsName.test(value) : visibleAscii.test(value)
  if (!valid) throw new CodedError('pki/invalid-name', `'${value}' is no ${kind} name`, { at: kind })
  return text(textTags[kind], value)
}

/** Reads the value of the extension. At least one name must be there (SIZE (1..MAX)). */
export function readAlternativeNames(reader: DerReader): readonly ReadAlternativeName[] {
  const list = reader.sequence('subjectAltName')
  const names: ReadAlternativeName[] = []
  do names.push(readOne(list))
  while (!list.atEnd)
  return names
}

function readOne(list: DerReader): ReadAlternativeName {
  const tag = list.nextTag('an alternative name')
  if (tag === ipTag) {
    const value = ipText(list.content(tag, 'an IP address'))
    return value === undefined ? list.fail('an IP address has neither 4 nor 16 octets') : { kind: 'ip', value }
  }
  for (const kind of ['email', 'dns', 'uri'] as const) {
    if (tag !== textTags[kind]) continue
    const value = Buffer.from(list.content(tag, 'an alternative name')).toString('latin1')
    return visibleAscii.test(value) ? { kind, value } : list.fail('an alternative name is no visible ASCII text')
  }
  return { kind: 'other', value: Buffer.from(list.encoding(tag, 'an alternative name')).toString('hex') }
}
