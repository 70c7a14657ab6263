import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { DAY_MS, HOUR_MS } from '@muster/shared/core'
import fc from 'fast-check'
import { base64url, decodeJwt, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TENANT_ID } from '../../../test-support/graph.ts'
import { type Bureau, GRAPH, openBureau, WEB_ID, WEB_SECRET } from '../../../test-support/identity.ts'
import { openSigningKeys } from './signing-keys.ts'

/** Keys that a test may sign with as well. */
let keyText: string | undefined
const keys = openSigningKeys({
  read: () => keyText,
  write: (text) => {
    keyText = text
  },
})

let bureau: Bureau
let token: string
beforeAll(async () => {
  bureau = await openBureau({ keys })
  const form = { client_id: WEB_ID, client_secret: WEB_SECRET, grant_type: 'client_credentials' }
  token = String((await bureau.token({ ...form, scope: `${GRAPH}/.default` })).body['access_token'])
})
afterAll(() => bureau?.[Symbol.asyncDispose]())

const users = (bearer: string) =>
  bureau.graph.answer({ method: 'GET', url: '/v1.0/users', body: undefined, authorization: `Bearer ${bearer}` })

/** The claims of a good token, changed, and signed as told. */
async function forged(
  change: JWTPayload,
  { key, kid, alg = 'RS256' }: { key?: KeyObject; kid?: string; alg?: string } = {},
) {
  const own = keys.current(Date.now())
  return new SignJWT({ ...decodeJwt(token), ...change })
    .setProtectedHeader({ alg, kid: kid ?? own.kid })
    .sign(key ?? own.privateKey)
}

const other = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
const seconds = (): number => Math.floor(Date.now() / 1_000)
const publicPem = (): string => {
  const { kid } = keys.current(Date.now())
  return keys.publicKey(kid)?.export({ type: 'spki', format: 'pem' }).toString() ?? ''
}

describe('Graph takes', () => {
  it('a token of its tenant', async () => {
    expect((await users(token)).status).toBe(200)
    expect((await users(await forged({}))).status).toBe(200)
    expect((await users(await forged({ aud: '00000003-0000-0000-c000-000000000000' }))).status).toBe(200)
  })

  const forgeries: Readonly<Record<string, () => Promise<string> | string>> = {
    'for another audience': () => forged({ aud: 'https://graph.windows.net' }),
    'without an audience': () => forged({ aud: undefined as never }),
    'that has expired': () => forged({ exp: seconds() - 1 }),
    'without an end': () => forged({ exp: undefined as never }),
    'of later': () => forged({ nbf: seconds() + 600 }),
    'of another tenant': () => forged({ tid: WEB_ID }),
    'of another issuer': () => forged({ iss: 'https://sts.windows.net/other/' }),
    'signed with another key': () => forged({}, { key: other }),
    'of an unknown key': () => forged({}, { key: other, kid: 'x' }),
    'of a key named like a method': () => forged({}, { kid: '__proto__' }),
    'signed with no key': () => new UnsecuredJWT(decodeJwt(token)).encode(),
    'signed with the public key as a secret': () =>
      forged({}, { key: createSecretKey(publicPem(), 'utf8'), alg: 'HS256' }),
    'with another algorithm of the same key': () => forged({}, { alg: 'PS256' }),
    'with claims of its own': () => {
      const [header, , signature] = token.split('.')
      const claims = { ...decodeJwt(token), roles: ['Directory.ReadWrite.All'] }
      return [header, base64url.encode(JSON.stringify(claims)), signature].join('.')
    },
    'that is cut off': () => token.slice(0, -10),
    'that is none': () => 'x',
  }
  it.each(Object.entries(forgeries))('no token %s', async (_, forge) => {
    const answer = await users(await forge())
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } })
    expect(answer.headers?.['www-authenticate']).toBe(
      'Bearer realm="", authorization_uri="https://localhost/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
    )
  })

  it('no token in which anything is changed', async () => {
    // Of the last character of each part some bits mean nothing.
    const places = fc
      .nat({ max: token.length - 1 })
      .filter((at) => token[at] !== '.' && ![undefined, '.'].includes(token[at + 1]))
    await fc.assert(
      fc.asyncProperty(places, fc.constantFrom(...'abcXYZ019_-'), async (at, character) => {
        fc.pre(token[at] !== character)
        expect((await users(token.slice(0, at) + character + token.slice(at + 1))).status).toBe(401)
      }),
      { numRuns: 200 },
    )
  })
})

describe('keys', () => {
  it('outlive the process, and are followed by others that were published before', () => {
    let text: string | undefined
    const open = () =>
      openSigningKeys({
        read: () => text,
        write: (written) => {
          text = written
        },
      })
    const [first, nowMs] = [open(), 1_800_000_000_000]
    const { kid } = first.current(nowMs)
    const published = first.jwks(nowMs).map((key) => key.kid)
    expect(published).toHaveLength(2)
    expect(published[0]).toBe(kid)
    expect(first.jwks(nowMs)[0]).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' })
    expect(first.jwks(nowMs)[0]).not.toHaveProperty('d')
    const second = open()
    expect(second.current(nowMs).kid).toBe(kid)
    const laterMs = nowMs + 60 * DAY_MS
    expect(second.current(laterMs).kid).toBe(published[1])
    expect(
      second
        .jwks(laterMs + HOUR_MS)
        .map((key) => key.kid)
        .slice(0, 2),
    ).toEqual(published)
    expect(second.publicKey(kid)).toBeDefined()
    expect(second.jwks(laterMs + 2 * DAY_MS).map((key) => key.kid)).not.toContain(kid)
    expect(second.publicKey(kid)).toBeUndefined()
    // Long asleep: there is a key of now, and one for later.
    expect(open().jwks(nowMs + 1_000 * DAY_MS)).toHaveLength(2)
  })
})

describe('the authority', () => {
  it('says where everything is, under the host that was asked, in both versions', async () => {
    const at = async (url: string) =>
      (await bureau.graph.answer({ method: 'GET', url, body: undefined, origin: 'https://login.microsoftonline.com' }))
        .body as Record<string, string>
    const document = await at('/contoso/v2.0/.well-known/openid-configuration')
    expect(document).toMatchObject({
      issuer: `https://login.microsoftonline.com/${TENANT_ID}/v2.0`,
      token_endpoint: `https://login.microsoftonline.com/${TENANT_ID}/oauth2/v2.0/token`,
    })
    expect(await at('/common/.well-known/openid-configuration')).toMatchObject({
      issuer: 'https://sts.windows.net/{tenantid}/',
      token_endpoint: 'https://login.microsoftonline.com/common/oauth2/token',
    })
    const keySet = (await at(new URL(document['jwks_uri'] ?? '').pathname)) as unknown as { keys: { kid: string }[] }
    expect(keySet.keys.map(({ kid }) => kid)).toContain(keys.current(Date.now()).kid)
    const authority = encodeURIComponent(`https://login.microsoftonline.com/${TENANT_ID}/oauth2/v2.0/authorize`)
    expect(await at(`/common/discovery/instance?api-version=1.1&authorization_endpoint=${authority}`)).toMatchObject({
      tenant_discovery_endpoint: `https://login.microsoftonline.com/${TENANT_ID}/v2.0/.well-known/openid-configuration`,
      metadata: [{ preferred_network: 'login.microsoftonline.com' }],
    })
  })
})

describe('any form', () => {
  const words = fc.oneof(
    fc.constantFrom(
      ...[WEB_ID, WEB_SECRET, `${GRAPH}/.default`, 'User.Read', 'openid', 'client_credentials', 'authorization_code'],
      ...['refresh_token', 'password', 'device_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'on_behalf_of'],
      ...['__proto__', 'constructor', 'ada@contoso.example', 'code', 'S256', 'https://web.example/signed-in', 'x.y.z'],
    ),
    fc.string({ unit: 'binary', maxLength: 60 }),
  )
  const names = [
    ...['grant_type', 'client_id', 'client_secret', 'scope', 'resource', 'code', 'code_verifier', 'redirect_uri'],
    ...['refresh_token', 'device_code', 'assertion', 'requested_token_use', 'username', 'password', 'client_info'],
    ...['client_assertion', 'client_assertion_type', 'response_type', 'response_mode', 'state', 'prompt', 'nonce'],
    ...['code_challenge', 'code_challenge_method', 'user_code', 'pick', 'answer', 'post_logout_redirect_uri'],
  ]
  const paths = ['token', 'v2.0/token', 'authorize', 'v2.0/authorize', 'v2.0/devicecode', 'deviceauth', 'logout']

  it('is answered at any endpoint with tokens, a page, or a refusal with its number', async () => {
    const form = fc.dictionary(fc.constantFrom(...names), words, { maxKeys: 9 })
    const method = fc.constantFrom('GET', 'POST')
    await fc.assert(
      fc.asyncProperty(form, fc.constantFrom(...paths), method, fc.option(words), async (fields, path, verb, basic) => {
        const sound = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.toWellFormed()]))
        const answer = await bureau.graph.answer({
          method: verb,
          url: `/common/oauth2/${path}`,
          body: String(new URLSearchParams(sound)),
          authorization: basic === null ? undefined : `Basic ${btoa(encodeURIComponent(basic.toWellFormed()))}`,
        })
        const page = String(answer.headers?.['content-type'] ?? '').startsWith('text/html')
        if (answer.status === 302)
          expect(answer.headers?.['location']).toMatch(/^https:\/\/web\.example\/signed-in[?#]/)
        else if (page) expect([200, 400]).toContain(answer.status)
        else if (answer.status === 200) expect(answer.body).toBeTypeOf('object')
        else expect(answer.body).toMatchObject({ error: expect.any(String), error_codes: [expect.any(Number)] })
        expect([200, 302, 400, 401]).toContain(answer.status)
      }),
      { numRuns: 1_500 },
    )
  })
})
