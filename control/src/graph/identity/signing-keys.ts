import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { DAY_MS, type EpochMs } from '@muster/shared/core'
import type { JWK } from 'jose'
import { z } from 'zod'

/** Keys that tokens are signed with: one at a time, the one after it published ahead. */
export interface SigningKeys {
  /** The key of this time. */
  current(nowMs: EpochMs): { readonly kid: string; readonly privateKey: KeyObject }
  publicKey(kid: string): KeyObject | undefined
  /** RFC 7517. */
  jwks(nowMs: EpochMs): readonly JWK[]
}

/** Where keys are kept over restarts, so that tokens outlive the process that gave them. */
export interface KeyFile {
  read(): string | undefined
  write(text: string): void
}

const KeyList = z.array(z.object({ kid: z.string(), activeFromMs: z.number(), pem: z.string() }))
type StoredKey = z.infer<typeof KeyList>[number]

const ACTIVE_MS = 60 * DAY_MS
/** A key is published for so long after the next has taken its place: longer than any token lasts. */
const RETIRED_MS = DAY_MS

export function openSigningKeys(file: KeyFile): SigningKeys {
  const text = file.read()
  let keys: readonly StoredKey[] = text === undefined ? [] : KeyList.parse(JSON.parse(text))
  const opened = new Map<string, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>()
  const open = ({ kid, pem }: StoredKey) => {
    const known = opened.get(kid)
    if (known) return known
    const privateKey = createPrivateKey(pem)
    const pair = { privateKey, publicKey: createPublicKey(privateKey) }
    opened.set(kid, pair)
    return pair
  }
  const upToDate = (nowMs: EpochMs): readonly StoredKey[] => {
    const wanted = rotated(keys, nowMs)
    if (wanted !== keys) {
      keys = wanted
      file.write(JSON.stringify(keys, null, 2))
    }
    return keys
  }
  return {
    current: (nowMs) => {
      const key = upToDate(nowMs).findLast(({ activeFromMs }) => activeFromMs <= nowMs) as StoredKey
      return { kid: key.kid, privateKey: open(key).privateKey }
    },
    publicKey: (kid) => {
      const key = keys.find((each) => each.kid === kid)
      return key === undefined ? undefined : open(key).publicKey
    },
    jwks: (nowMs) =>
      upToDate(nowMs).map((key) => ({
        ...(open(key).publicKey.export({ format: 'jwk' }) as JWK),
        use: 'sig',
        alg: 'RS256',
        kid: key.kid,
      })),
  }
}

/** In order of their time: what has retired goes, and there is one for now and one for later. */
function rotated(keys: readonly StoredKey[], nowMs: EpochMs): readonly StoredKey[] {
  const kept = keys.filter((_, index) => {
    const successor = keys[index + 1]
    return !successor || successor.activeFromMs + RETIRED_MS > nowMs
  })
  const isFirst = !kept.some(({ activeFromMs }) => activeFromMs <= nowMs)
  const withCurrent = isFirst ? [generated(nowMs), ...kept] : kept
  const hasNext = withCurrent.some(({ activeFromMs }) => activeFromMs > nowMs)
  if (hasNext && withCurrent.length === keys.length && !isFirst) return keys
  return hasNext ? withCurrent : [...withCurrent, generated(nowMs + ACTIVE_MS)]
}

function generated(activeFromMs: EpochMs): StoredKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return {
    kid: createHash('sha1').update(spki).digest('base64url'),
    activeFromMs,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
