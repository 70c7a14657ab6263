import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attempt } from './attempt.ts'
import {
  generateDeviceKey,
  generateDeviceKeySync,
  publicKeyOf,
  signWithDeviceKey,
  verifyWithSpki,
} from './device-key.ts'

const data = Buffer.from('session 1')
const asKey = (pkcs8: Uint8Array) => createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })

test.each([
  ['the thread pool', generateDeviceKey],
  ['the calling thread', async () => generateDeviceKeySync()],
])('a key from %s is 138 bytes that node:crypto reads, and its public half agrees', async (_, generate) => {
  const key = await generate()
  expect(key).toHaveLength(138)
  const spki = createPublicKey(asKey(key)).export({ type: 'spki', format: 'der' })
  expect(Buffer.compare(publicKeyOf(key), spki)).toBe(0)
})

test('signatures are exchanged with node:crypto in both directions', () => {
  const key = generateDeviceKeySync()
  expect(verify('sha256', data, createPublicKey(asKey(key)), signWithDeviceKey(key, data))).toBe(true)
  expect(verifyWithSpki(publicKeyOf(key), data, sign('sha256', data, asKey(key)))).toBe(true)
})

test('a key that is a part of a larger buffer works as well', () => {
  const key = generateDeviceKeySync()
  const slab = new Uint8Array(400)
  slab.set(key, 100)
  const inPlace = slab.subarray(100, 238)
  expect(verifyWithSpki(publicKeyOf(inPlace), data, signWithDeviceKey(inPlace, data))).toBe(true)
})

test('no change to key, data or signature goes unnoticed', () => {
  const key = generateDeviceKeySync()
  const parts = [publicKeyOf(key), data, signWithDeviceKey(key, data)] as const
  expect(verifyWithSpki(...parts)).toBe(true)
  const which = fc.record({ part: fc.nat(2), at: fc.nat(), bit: fc.nat(7) })
  fc.assert(
    fc.property(which, ({ part, at, bit }) => {
      const [spki, message, signature] = parts.map((bytes) => Uint8Array.from(bytes))
      const changed = [spki, message, signature][part] as Uint8Array
      changed[at % changed.length] = (changed[at % changed.length] as number) ^ (1 << bit)
      expect(verifyWithSpki(spki as Uint8Array, message as Uint8Array, signature as Uint8Array)).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('any bytes for key and signature give false, never an exception', () => {
  const spki = publicKeyOf(generateDeviceKeySync())
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 80 }), (bytes, signature) => {
      expect(verifyWithSpki(bytes, data, signature)).toBe(false)
      expect(verifyWithSpki(spki, data, bytes)).toBe(false)
    }),
  )
})

test.each([
  ['another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['the curve of Bitcoin', generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
  ['Ed25519', generateKeyPairSync('ed25519')],
])('%s is no device key', (_, { publicKey, privateKey }) => {
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  expect(attempt(() => signWithDeviceKey(pkcs8, data))).toMatchObject({ refusal: { code: 'pki/unsupported-key' } })
  expect(attempt(() => publicKeyOf(pkcs8))).toMatchObject({ refusal: { code: 'pki/unsupported-key' } })
  expect(verifyWithSpki(spki, data, sign(null, data, privateKey))).toBe(false)
})

test('a key whose public half is not on the curve is refused when it is used', () => {
  const key = Uint8Array.from(generateDeviceKeySync())
  key[137] = (key[137] as number) ^ 1
  expect(attempt(() => signWithDeviceKey(key, data))).toMatchObject({ refusal: { code: 'pki/unsupported-key' } })
})
