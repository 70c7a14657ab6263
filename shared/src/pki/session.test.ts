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

it('the code begins as HMAC-SHA-256 does: RFC 4231, test case 2', () => {
  const whole = Buffer.from('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'hex')
  expect(sessionMac('Jefe', 'what do ya want for nothing?')).toBe(whole.toString('base64url').slice(0, 22))
})

it('the code is that of the platform, whatever the text', () => {
  const keys = fc.string({ unit: 'binary-ascii', maxLength: 64 })
  fc.assert(
    fc.property(keys, fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }), (key, text) => {
      const whole = createHmac('sha256', key).update(text).digest('base64url')
      expect(sessionMac(key, text)).toBe(whole.slice(0, 22))
    }),
  )
})

it('another text or key has another code', () => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
  fc.assert(
    fc.property(keys, fc.string(), keys, fc.string(), (key, text, otherKey, otherText) => {
      const isSame = sameMac(sessionMac(key, text), sessionMac(otherKey, otherText))
      expect(isSame).toBe(key === otherKey && text === otherText)
    }),
  )
})

it('codes are the same only when every digit is', () => {
  expect(sameMac('abc', 'abc')).toBe(true)
  for (const other of ['abd', 'bbc', 'ab', 'abcd', '']) expect(sameMac('abc', other)).toBe(false)
})
