import { ok, type Result, refuse } from '../core/result.ts'

/** What Muster keeps in PEM (RFC 7468 §4 to §14): the label says which. */
export type PemLabel = 'CERTIFICATE' | 'CERTIFICATE REQUEST' | 'PRIVATE KEY' | 'PUBLIC KEY'

/** DER as PEM text: 64 characters a line, a line feed at the end. */
export function toPem(label: PemLabel, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.length).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** Longest PEM text that is read, in characters. */
const MAX_PEM_CHARACTERS = 262_144

/**
 * The DER of each block with this label, in order; blocks with other labels and text between blocks are passed over.
 *
 * Refusals: `pki/too-large`; `pki/malformed` when there is no such block, or one is not base64.
 */
export function fromPem(label: PemLabel, text: string): Result<readonly [Uint8Array, ...Uint8Array[]]> {
  if (text.length > MAX_PEM_CHARACTERS) return refuse('pki/too-large', 'the PEM text is too long')
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`]
  const blocks: Uint8Array[] = []
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at)) {
    const stop = text.indexOf(end, at)
    if (stop < 0) return refuse('pki/malformed', `a ${label} block has no end`)
    const base64 = text.slice(at + begin.length, stop).replace(/\s+/g, '')
    const der = Buffer.from(base64, 'base64')
    if (der.length === 0 || der.toString('base64') !== base64) {
      return refuse('pki/malformed', `a ${label} block is no base64`)
    }
    blocks.push(Uint8Array.from(der))
    at = stop
  }
  const [first, ...rest] = blocks
  return first === undefined ? refuse('pki/malformed', `there is no ${label} block`) : ok([first, ...rest])
}
