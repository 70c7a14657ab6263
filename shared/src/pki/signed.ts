import { type KeyObject, sign } from 'node:crypto'
import { bitString, type DerValue, encodeDer, sequence, Tag } from './der.ts'
import type { DerReader } from './der-reader.ts'
import { oidDer } from './oid.ts'

/** AlgorithmIdentifier ecdsa-with-SHA256; its parameters are absent (RFC 5758 §3.2). */
export const ecdsaWithSha256 = encodeDer(sequence(oidDer.ecdsaWithSha256))

/**
 * The envelope that certificates, requests and revocation lists share: what is signed, the algorithm, the signature
 * (the SIGNED macro of X.509). Signed with ECDSA and SHA-256, so the key must be on P-256.
 */
export function encodeSigned(toBeSigned: DerValue, key: KeyObject): Uint8Array {
  const body = encodeDer(toBeSigned)
  return encodeDer(sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, key))))
}

export interface SignedDocument {
  /** The bytes that the signature is over. */
  readonly body: Uint8Array
  /** The AlgorithmIdentifier, encoded. */
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
}

/** Takes the envelope apart; nothing may follow it. The signature is not verified here. */
export function readSigned(document: DerReader, what: string): SignedDocument {
  const envelope = document.sequence(what)
  document.end(what)
  const body = envelope.encoding(Tag.sequence, `the signed part of ${what}`)
  const algorithm = envelope.encoding(Tag.sequence, 'signatureAlgorithm')
  const signature = envelope.octetAlignedBits('signature')
  envelope.end(what)
  return { body, algorithm, signature }
}
