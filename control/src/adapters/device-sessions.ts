import { createPrivateKey, hash } from 'node:crypto'
import { DAY_MS, dropOldest, type EpochMs, ok, refuse } from '@muster/shared/core'
import {
  type DeviceKey,
  openSession,
  publicKeyOf,
  readCertificate,
  type SessionKey,
  sameMac,
  sessionMac,
} from '@muster/shared/pki'
import type { DeviceSessions } from '../app/device-sessions.ts'
import type { DeviceCertificate } from '../domain/model.ts'

/** How long devices are told to speak in a session; the one before is still understood, for what is on its way. */
export const SESSION_PERIOD_MS = 90 * DAY_MS
/** Keys that are held; those longest known are let go, and made again when they are needed. */
const KEYS_MAX = 200_000

/**
 * Sessions of devices, by the service's key for them. Nothing of a session is stored: its key follows from this key, the
 * certificate and the session's name, so that it outlives a restart, and one replica knows what another does.
 */
export function createDeviceSessions(key: DeviceKey, tenant: string): DeviceSessions {
  const publicKey = publicKeyOf(key)
  const name = hash('sha256', publicKey).slice(0, 8)
  const privateKey = createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' })
  /** By session, then by serial number. */
  const known = new Map<string, Map<string, SessionKey>>()

  const keysOf = (session: string, spoken: readonly string[]): Map<string, SessionKey> => {
    const found = known.get(session)
    if (found) return found
    for (const old of known.keys()) if (!spoken.includes(old)) known.delete(old)
    const fresh = new Map<string, SessionKey>()
    known.set(session, fresh)
    return fresh
  }
  const keyOf = (
    session: string,
    spoken: readonly string[],
    certificate: DeviceCertificate,
  ): SessionKey | undefined => {
    const keys = keysOf(session, spoken)
    const { serialNumber } = certificate
    const held = keys.get(serialNumber)
    if (held !== undefined) return held
    const read = readCertificate(Buffer.from(certificate.certificate, 'base64'))
    if (!read.ok) return undefined
    const made = openSession(privateKey, read.value.publicKeySpki, { tenant, session, certificateSerial: serialNumber })
    keys.set(serialNumber, made)
    dropOldest(keys, KEYS_MAX)
    return made
  }

  return {
    offer: (nowMs) => ({
      id: `${name}-${periodOf(nowMs)}`,
      publicKey: Buffer.from(publicKey).toString('base64'),
    }),
    check: ({ session, mac, text }, certificate, nowMs) => {
      const period = periodOf(nowMs)
      const spoken = [`${name}-${period}`, `${name}-${period - 1}`]
      if (!spoken.includes(session)) return refuse('envelope/session-unknown', 'the session is none that is spoken in')
      const sessionKey = keyOf(session, spoken, certificate)
      if (sessionKey === undefined || !sameMac(sessionMac(sessionKey, text), mac))
        return refuse('envelope/bad-mac', 'the device that shows this certificate has not said this')
      return ok(certificate)
    },
  }
}

const periodOf = (nowMs: EpochMs): number => Math.floor(nowMs / SESSION_PERIOD_MS)
