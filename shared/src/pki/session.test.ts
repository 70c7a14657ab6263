import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { generateDeviceKeySync, publicKeyOf } from './device-key.ts'
import { openSession, sameMac, sessionMac } from './session.ts'

const about = { tenant: 'contoso', session: 'abcdef01-1', certificateSerial: '0a' }

it('both sides come to one key, and nobody to the key of another device, tenant, session or certificate', () => {
  const [device, service, other] = [generateDeviceKeySync(), generateDeviceKeySync(), generateDeviceKeySync()]
  const key = openSession(device, publicKeyOf(service), about)
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(openSession(service, publicKeyOf(device), about)).toBe(key)
  const others = [
    openSession(other, publicKeyOf(service), about),
    openSession(device, publicKeyOf(other), about),
    openSession(device, publicKeyOf(service), { ...about, tenant: 'fabrikam' }),
    openSession(device, publicKeyOf(service), { ...about, session: 'abcdef01-2' }),
    openSession(device, publicKeyOf(service), { ...about, certificateSerial: '0b' }),
  ]
  expect(new Set([key, ...others]).size).toBe(6)
})

it('the code is HMAC-SHA-256, as the platform makes it, for every text', () => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
  const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 5_000 }))
  fc.assert(
    fc.property(keys, texts, (key, text) => {
      const whole = createHmac('sha256', key).update(text).digest('base64url')
      expect(sessionMac(key, text)).toBe(whole.slice(0, 22))
    }),
  )
})

it('codes are the same only when every digit is', () => {
  expect(sameMac('abc', 'abc')).toBe(true)
  for (const other of ['abd', 'bbc', 'ab', 'abcd', '']) expect(sameMac('abc', other)).toBe(false)
})
