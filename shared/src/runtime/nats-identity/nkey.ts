import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { base32, fromBase32 } from './base32.ts'

/** What a key of NATS stands for: its first letter says it (nats-io/nkeys, `strkey.go`). */
export type NkeyRole = 'operator' | 'account' | 'user'

const PREFIX: Readonly<Record<NkeyRole, number>> = { operator: 14 << 3, account: 0, user: 20 << 3 }
const SEED_PREFIX = 18 << 3

/** DER before the 32 bytes of an Ed25519 key (RFC 8410 §7 and §4). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

/** A key pair of NATS. The seed is the secret. */
export interface Nkey {
  readonly role: NkeyRole
  readonly publicKey: string
  readonly seed: string
  sign(data: Uint8Array): Uint8Array
}

/** A fresh key. */
export const createNkey = (role: NkeyRole): Nkey => nkeyOf(role, randomBytes(32))

/** The key of a seed as `createNkey` made it. Throws for anything else. */
export function nkeyFromSeed(seed: string): Nkey {
  const raw = checked(fromBase32(seed))
  const [first = 0, second = 0] = raw
  const prefix = ((first & 0b111) << 5) | ((second & 0b1111_1000) >> 3)
  const role = roleOf(prefix)
  if ((first & 0b1111_1000) !== SEED_PREFIX || raw.length !== 34 || role === undefined)
    throw new Error('not the seed of a NATS key')
  return nkeyOf(role, raw.subarray(2))
}

/** Whether a text is the public half of a key of this role. */
export function isPublicNkey(text: string, role: NkeyRole): boolean {
  try {
    const raw = checked(fromBase32(text))
    return raw.length === 33 && raw[0] === PREFIX[role]
  } catch {
    return false
  }
}

/** Whether the holder of a public key signed these bytes. Throws when the key is none. */
export function verifyWithNkey(publicKey: string, data: Uint8Array, signature: Uint8Array): boolean {
  const raw = checked(fromBase32(publicKey))
  if (raw.length !== 33) throw new Error('not the public half of a NATS key')
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw.subarray(1)]), format: 'der', type: 'spki' })
  return verify(null, data, key, signature)
}

function nkeyOf(role: NkeyRole, secret: Uint8Array): Nkey {
  const key: KeyObject = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const prefix = PREFIX[role]
  return {
    role,
    publicKey: withChecksum(Buffer.concat([Buffer.of(prefix), spki.subarray(SPKI_HEAD.length)])),
    seed: withChecksum(Buffer.concat([Buffer.of(SEED_PREFIX | (prefix >> 5), (prefix & 0b1_1111) << 3), secret])),
    sign: (data) => sign(null, data, key),
  }
}

const roleOf = (prefix: number): NkeyRole | undefined =>
  (Object.keys(PREFIX) as NkeyRole[]).find((role) => PREFIX[role] === prefix)

function withChecksum(raw: Uint8Array): string {
  const sum = crc16(raw)
  return base32(Buffer.concat([raw, Buffer.of(sum & 0xff, sum >> 8)]))
}

function checked(raw: Uint8Array): Uint8Array {
  const body = raw.subarray(0, -2)
  const [low = 0, high = 0] = raw.subarray(-2)
  if (raw.length < 3 || crc16(body) !== (low | (high << 8))) throw new Error('the checksum of a NATS key is wrong')
  return body
}

/** CRC-16/XMODEM. */
function crc16(data: Uint8Array): number {
  let crc = 0
  for (const byte of data) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff
  }
  return crc
}
