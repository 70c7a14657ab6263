import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromPem, toPem } from './pem.ts'

test('blocks are read as they were written, others passed over', () => {
  const der = fc.uint8Array({ minLength: 1, maxLength: 500 })
  fc.assert(
    fc.property(der, der, der, (one, two, key) => {
      const text = `subject=CN=x\n${toPem('CERTIFICATE', one)}\n${toPem('PRIVATE KEY', key)}${toPem('CERTIFICATE', two)}`
      expect(fromPem('CERTIFICATE', text)).toEqual({ ok: true, value: [one, two] })
      expect(fromPem('PRIVATE KEY', text.replaceAll('\n', '\r\n'))).toEqual({ ok: true, value: [key] })
    }),
  )
})

test.each([
  ['no block', 'nothing here', 'pki/malformed'],
  ['another label', toPem('PUBLIC KEY', Uint8Array.of(1)), 'pki/malformed'],
  ['a block without end', '-----BEGIN CERTIFICATE-----\nAAAA', 'pki/malformed'],
  ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', 'pki/malformed'],
  ['what is not base64', '-----BEGIN CERTIFICATE-----\nA*AA\n-----END CERTIFICATE-----', 'pki/malformed'],
  ['too much', 'x'.repeat(262_145), 'pki/too-large'],
])('refuses %s', (_, text, code) => {
  expect(fromPem('CERTIFICATE', text)).toMatchObject({ ok: false, refusal: { code } })
})
