import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base32, fromBase32 } from './base32.ts'
import { decodeNatsJwt, encodeNatsJwt } from './jwt.ts'
import { createNkey, isPublicNkey, nkeyFromSeed, verifyWithNkey } from './nkey.ts'

/** The secret 00 01 02 … 1f, as nats-io/nkeys writes it. */
const golden = [
  [
    'operator',
    'SOAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2AJA',
    'OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT',
  ],
  [
    'account',
    'SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI',
    'AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV',
  ],
  [
    'user',
    'SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y',
    'UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK',
  ],
] as const
const SIGNATURE = '+HTq4d6DDHVNb8MsTRAZtSIa0vXA/yuZblwTA7JT5wYzmKBxJ2wpYfjHh7hcptZlidbVw/6ZLyubjm/yDk+OCQ=='

describe('keys of NATS', () => {
  it.each(golden)('of an %s are what they are elsewhere', (role, seed, publicKey) => {
    const key = nkeyFromSeed(seed)
    expect([key.role, key.publicKey, key.seed]).toEqual([role, publicKey, seed])
    expect(Buffer.from(key.sign(Buffer.from('nonce'))).toString('base64')).toBe(SIGNATURE)
    expect(verifyWithNkey(publicKey, Buffer.from('nonce'), Buffer.from(SIGNATURE, 'base64'))).toBe(true)
    expect(verifyWithNkey(publicKey, Buffer.from('other'), Buffer.from(SIGNATURE, 'base64'))).toBe(false)
  })

  it('say what they are for, and nothing that is mistyped is one', () => {
    const { publicKey, seed } = createNkey('user')
    expect(isPublicNkey(publicKey, 'user')).toBe(true)
    expect([isPublicNkey(publicKey, 'account'), isPublicNkey(seed, 'user')]).toEqual([false, false])
    for (let index = 0; index < publicKey.length; index++) {
      const other = publicKey[index] === 'A' ? 'B' : 'A'
      const mistyped = publicKey.slice(0, index) + other + publicKey.slice(index + 1)
      expect(isPublicNkey(mistyped, 'user'), mistyped).toBe(false)
    }
    expect(() => nkeyFromSeed(publicKey)).toThrow()
  })

  it('are written in Base32 and read again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect([...fromBase32(base32(bytes))]).toEqual([...bytes])
      }),
    )
  })
})

describe('tokens of NATS', () => {
  const account = nkeyFromSeed(golden[1][1])
  const claims = { sub: 'UAAA', name: 'a', iat: 1, nats: { type: 'user', version: 2 } } as const

  it('are the same for the same claims and key', () => {
    expect(encodeNatsJwt(claims, account)).toBe(
      'eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJzdWIiOiJVQUFBIiwibmFtZSI6ImEiLCJpYXQiOjEsIm5hdHMiOnsidHlwZSI6InVzZXIiLCJ2ZXJzaW9uIjoyfSwiaXNzIjoiQUFCMkNCNTc2UEhCQlBRNU9ET1JSWjJMWUNNV1BaR1dHQ04yS0RLN0RYT0lNWkFTS1VZM1FQWlYiLCJqdGkiOiJHWVJIVlJZSkVRRzdHREFPQ1VFQUs1QkNZVk9VWUI0Tkc2RU82UlFDM0dXTzRRSlBFVVZRIn0.MAra07cuNukp9HzkYSy9TMPKjje1pJwOE3-QeRg_NHWPZP9mIR0jhEW7LWJuQ2mFFRyFADpkb2EsYMRLfiw9BA',
    )
  })

  it('are read when their issuer signed them, and not when anything was changed', () => {
    const token = encodeNatsJwt(claims, account)
    expect(decodeNatsJwt(token)).toMatchObject({ ...claims, iss: account.publicKey })
    const [header, body, signature] = token.split('.') as [string, string, string]
    const forged = Buffer.from(JSON.stringify({ ...decodeNatsJwt(token), name: 'b' })).toString('base64url')
    const noise = randomBytes(64).toString('base64url')
    for (const other of [`${header}.${forged}.${signature}`, `${header}.${body}.${noise}`, `${header}.${body}`, ''])
      expect(() => decodeNatsJwt(other)).toThrow()
  })
})
