import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ipOctets, ipText } from './ip-address.ts'

const hex = (octets: Uint8Array | undefined): string | undefined => octets && Buffer.from(octets).toString('hex')

test.each([
  ['127.0.0.1', '7f000001'],
  ['::1', '00000000000000000000000000000001'],
  ['::', '00000000000000000000000000000000'],
  ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
])('%s', (address, octets) => {
  expect(hex(ipOctets(address))).toBe(octets)
  expect(ipText(Buffer.from(octets, 'hex'))).toBe(address.replace(/:7::$/, ':7:0'))
})

test.each(['localhost', '256.1.1.1', '1.2.3', ':::', 'fe80::1%eth0', ''])('%j is no address', (address) => {
  expect(ipOctets(address)).toBeUndefined()
})

test('octets are read as they were written', () => {
  const octets = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  )
  fc.assert(
    fc.property(octets, (bytes) => {
      expect(hex(ipOctets(ipText(bytes) ?? ''))).toBe(hex(bytes))
    }),
  )
})
