import { createHash } from 'node:crypto'
import { MINUTE_MS, SECOND_MS } from '@muster/shared/core'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT_ID, SECRET, TENANT_ID } from '../../../test-support/graph.ts'
import {
  type Bureau,
  GRAPH,
  NATIVE_ID,
  openBureau,
  REDIRECT,
  WEB_ID,
  WEB_SECRET,
} from '../../../test-support/identity.ts'

let bureau: Bureau
beforeAll(async () => {
  bureau = await openBureau()
})
afterAll(() => bureau?.[Symbol.asyncDispose]())

const web = { client_id: WEB_ID, client_secret: WEB_SECRET }
const forItself = { ...web, grant_type: 'client_credentials', scope: `${GRAPH}/.default` }
const claims = (token: unknown) => decodeJwt(String(token))
const verifier = 'a-verifier-of-forty-three-characters-and-more'
const challenge = createHash('sha256').update(verifier).digest('base64url')

describe('an application', () => {
  it('gets a token with the roles that are granted to it, and no others', async () => {
    const { status, body } = await bureau.token(forItself)
    expect(status).toBe(200)
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 })
    expect(claims(body['access_token'])).toMatchObject({
      aud: GRAPH,
      iss: `https://sts.windows.net/${TENANT_ID}/`,
      tid: TENANT_ID,
      appid: WEB_ID,
      idtyp: 'app',
      roles: ['User.Read.All'],
      ver: '1.0',
    })
    const asked = (path: string) => bureau.graph.raw('GET', path, `Bearer ${String(body['access_token'])}`)
    expect((await asked('/v1.0/users')).status).toBe(200)
    expect(await asked('/v1.0/deviceManagement/managedDevices')).toMatchObject({
      status: 403,
      body: { error: { code: 'Authorization_RequestDenied' } },
    })
    expect(await asked('/v1.0/me')).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } })
  })

  it.each([TENANT_ID, 'contoso', 'contoso.onmicrosoft.com', 'common', 'organizations', TENANT_ID.toUpperCase()])(
    'finds the tenant as %s',
    async (tenant) => {
      expect((await bureau.token(forItself, `/${tenant}/oauth2/v2.0/token`)).status).toBe(200)
    },
  )

  it('may use version 1, which says a resource and gets texts, with GET and a form too', async () => {
    const { scope: _, ...form } = { ...forItself, resource: `${GRAPH}/` }
    const { status, body } = await bureau.token(form, '/contoso/oauth2/token')
    expect(status).toBe(200)
    expect(body).toMatchObject({ expires_in: '3599', resource: GRAPH, expires_on: expect.stringMatching(/^\d+$/) })
    const got = await bureau.graph.answer({
      method: 'GET',
      url: '/contoso/oauth2/token',
      body: String(new URLSearchParams(form)),
    })
    expect(got.status).toBe(200)
  })

  it('may show its secret in a header, and say whatever else it likes', async () => {
    const { client_id: _, client_secret: __, ...form } = forItself
    const extra = { 'x-client-SKU': 'MSAL.Node', 'x-ms-lib-capability': 'retry-after', claims: '{}' }
    const { status } = await bureau.graph.answer({
      method: 'POST',
      url: '/common/oauth2/v2.0/token',
      body: String(new URLSearchParams({ ...form, ...extra })),
      authorization: `Basic ${btoa(`${WEB_ID}:${encodeURIComponent(WEB_SECRET)}`)}`,
    })
    expect(status).toBe(200)
  })

  type Refusal = readonly [
    what: string,
    status: number,
    error: string,
    number: number,
    change: Readonly<Record<string, string>>,
    path?: string,
  ]
  const refusals: readonly Refusal[] = [
    ['an unknown tenant', 400, 'invalid_request', 90_002, {}, '/fabrikam.example/oauth2/v2.0/token'],
    ['an unknown application', 400, 'unauthorized_client', 700_016, { client_id: TENANT_ID }],
    ['a wrong secret', 401, 'invalid_client', 7_000_215, { client_secret: 'no' }],
    ['no secret', 401, 'invalid_client', 7_000_218, { client_secret: '' }],
    ['a scope that is not .default', 400, 'invalid_scope', 70_011, { scope: 'User.Read.All' }],
    ['scopes of two APIs', 400, 'invalid_scope', 70_011, { scope: `${GRAPH}/.default api://x/.default` }],
    ['an unknown API', 400, 'invalid_resource', 500_011, { scope: 'https://vault.azure.net/.default' }],
    ['an unknown grant type', 400, 'unsupported_grant_type', 70_003, { grant_type: 'telepathy' }],
    ['the name of a method as the grant type', 400, 'unsupported_grant_type', 70_003, { grant_type: 'constructor' }],
    ['no grant type', 400, 'invalid_request', 900_144, { grant_type: '' }],
    ['an assertion that is none', 401, 'invalid_client', 700_027, { client_assertion: 'x' }],
    ['a program that can keep no secret', 401, 'invalid_client', 700_025, { client_id: NATIVE_ID }],
  ]
  it.each(refusals.map((each) => [each[0], each] as const))(
    'is refused for %s',
    async (_, [, status, error, number, change, path]) => {
      const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
      const type = 'client_assertion' in change ? { client_assertion_type: jwtBearer } : {}
      const answer = await bureau.token({ ...forItself, ...type, ...change }, path)
      expect(answer).toMatchObject({
        status,
        body: { error, error_codes: [number], correlation_id: 'graph-test', trace_id: expect.any(String) },
      })
      expect(answer.body['error_description']).toMatch(new RegExp(`^AADSTS${number}: .+ Trace ID: .+ Timestamp: .+Z$`))
      expect(answer.body['error_uri']).toBe(`https://localhost/error?code=${number}`)
      expect(answer.body['timestamp']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/)
    },
  )
})

describe('a user', () => {
  const scope = `openid profile offline_access ${GRAPH}/User.Read.All`
  const request = { client_id: NATIVE_ID, redirect_uri: 'http://localhost:51234', scope, state: 's 1' }
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
  const redeem = { client_id: NATIVE_ID, grant_type: 'authorization_code', redirect_uri: 'http://localhost:51234' }

  it('signs in at a page, and the application acts for them', async () => {
    const back = await bureau.signIn({ ...request, ...pkce, nonce: 'n-1' })
    expect(back.get('state')).toBe('s 1')
    const code = back.get('code') ?? ''
    const { status, body } = await bureau.token({ ...redeem, code, code_verifier: verifier, client_info: '1' })
    expect(status, JSON.stringify(body)).toBe(200)
    const [ada] = await bureau.graph.office.store.users.list()
    expect(claims(body['access_token'])).toMatchObject({ scp: 'User.Read.All', oid: ada?.id, idtyp: 'user' })
    expect(claims(body['id_token'])).toMatchObject({
      iss: `https://localhost/${TENANT_ID}/v2.0`,
      aud: NATIVE_ID,
      nonce: 'n-1',
      oid: ada?.id,
      preferred_username: 'ada@contoso.example',
    })
    expect(JSON.parse(Buffer.from(String(body['client_info']), 'base64url').toString())).toEqual({
      uid: ada?.id,
      utid: TENANT_ID,
    })
    const bearer = `Bearer ${String(body['access_token'])}`
    expect((await bureau.graph.raw('GET', '/v1.0/me', bearer)).body).toMatchObject({ id: ada?.id })
    expect((await bureau.graph.raw('GET', '/oidc/userinfo', bearer)).body).toMatchObject({ name: 'ada' })
    expect(await bureau.token({ ...redeem, code, code_verifier: verifier })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_codes: [54_005] },
    })
    const refresh = { client_id: NATIVE_ID, grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    const again = await bureau.token(refresh)
    expect(again.status).toBe(200)
    expect(again.body['refresh_token']).not.toBe(body['refresh_token'])
    const more = await bureau.token({ ...refresh, scope: 'Group.Read.All' })
    expect(more.body).toMatchObject({ error: 'invalid_grant', error_codes: [65_001], suberror: 'consent_required' })
    const others = { ...web, grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    expect((await bureau.token(others)).body).toMatchObject({ error_codes: [70_000] })
  })

  it.each([
    ['another verifier', { code_verifier: `${verifier}x` }, 501_481],
    ['no verifier', {}, 501_481],
    ['another address', { code_verifier: verifier, redirect_uri: 'http://localhost:1' }, 70_000],
  ])('has their code kept from who shows %s', async (_, change, number) => {
    const back = await bureau.signIn({ ...request, ...pkce })
    const answer = await bureau.token({ ...redeem, code: back.get('code') ?? '', ...change })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant', error_codes: [number] } })
  })

  it('is not sent to an address that the application has not registered', async () => {
    const parameters = new URLSearchParams({ ...request, response_type: 'code', redirect_uri: 'https://evil.example/' })
    const answer = await bureau.graph.answer({
      method: 'GET',
      url: `/common/oauth2/v2.0/authorize?${parameters}`,
      body: undefined,
    })
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(answer.body).toContain('AADSTS50011')
    expect(answer.headers).not.toHaveProperty('location')
  })

  it('is told at the page what is wrong, and finds there who else there is, as text', async () => {
    await bureau.graph.office.user('eve', { displayName: '<script>alert(1)</script>' })
    const url = `/common/oauth2/v2.0/authorize?${new URLSearchParams({ ...request, response_type: 'code' })}`
    const { status, body } = await bureau.graph.answer({ method: 'GET', url, body: undefined })
    expect(status).toBe(200)
    expect(body).not.toContain('<script>')
    expect(body).toContain('eve@contoso.example')
    const wrong = await bureau.graph.answer({ method: 'POST', url, body: 'username=nobody@contoso.example' })
    expect(wrong.body).toContain('does not exist in the directory')
    const silent = await bureau.graph.answer({ method: 'GET', url: `${url}&prompt=none`, body: undefined })
    expect(silent).toMatchObject({
      status: 302,
      headers: { location: expect.stringContaining('error=login_required') },
    })
  })

  it('approves a device with the code that it shows, and may decline', async () => {
    const ask = { client_id: NATIVE_ID, scope }
    const { body } = await bureau.token(ask, '/organizations/oauth2/v2.0/devicecode')
    expect(body).toMatchObject({
      interval: 5,
      expires_in: 900,
      verification_uri: 'https://localhost/common/oauth2/deviceauth',
    })
    const poll = (code: unknown) =>
      bureau.token({
        client_id: NATIVE_ID,
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: String(code),
      })
    expect(await poll(body['device_code'])).toMatchObject({
      status: 400,
      body: { error: 'authorization_pending', error_codes: [70_016] },
    })
    const answerAt = (form: Record<string, string>) =>
      bureau.graph.answer({ method: 'POST', url: '/common/oauth2/deviceauth', body: String(new URLSearchParams(form)) })
    const userCode = String(body['user_code'])
    expect(userCode).toMatch(/^[A-Z2-9]{9}$/)
    expect((await answerAt({ user_code: 'WRONGCODE' })).status).toBe(400)
    expect((await answerAt({ user_code: userCode.toLowerCase(), username: 'ada@contoso.example' })).body).toContain(
      'has signed in',
    )
    expect((await poll(body['device_code'])).body).toMatchObject({ scope: expect.stringContaining('User.Read.All') })
    expect((await poll(body['device_code'])).body).toMatchObject({ error_codes: [70_000] })

    const second = (await bureau.token(ask, '/common/oauth2/v2.0/devicecode')).body
    await answerAt({ user_code: String(second['user_code']), answer: 'decline' })
    expect((await poll(second['device_code'])).body).toMatchObject({ error: 'authorization_declined' })

    const third = (await bureau.token(ask, '/common/oauth2/v2.0/devicecode')).body
    bureau.pass(15 * MINUTE_MS)
    expect((await poll(third['device_code'])).body).toMatchObject({ error: 'expired_token', error_codes: [70_020] })
  })

  it('with a password needs consent that was given before', async () => {
    const form = {
      ...web,
      grant_type: 'password',
      username: 'ada@contoso.example',
      password: 'any',
      scope: 'Device.Read.All',
    }
    expect((await bureau.token(form)).body).toMatchObject({ error_codes: [65_001] })
    await bureau.signIn({ client_id: WEB_ID, redirect_uri: REDIRECT, scope: 'Device.Read.All' })
    expect((await bureau.token(form)).status).toBe(200)
    expect((await bureau.token({ ...form, username: 'nobody@contoso.example' })).body).toMatchObject({
      error_codes: [50_034],
    })
    await bureau.graph.office.user('off', { accountEnabled: false })
    expect((await bureau.token({ ...form, username: 'off@contoso.example' })).body).toMatchObject({
      error_codes: [50_057],
    })
  })

  it('is acted for by an API that an application calls for them, and by no other', async () => {
    const api = { client_id: CLIENT_ID, client_secret: SECRET }
    const [application] = (await bureau.graph.office.store.applications.list()).filter(
      ({ appId }) => appId === CLIENT_ID,
    )
    if (!application) throw new Error('the API is not registered')
    const scopes = [{ id: TENANT_ID, value: 'access_as_user' }]
    await bureau.graph.office.store.applications.put({ ...application, scopes })
    const asked = { client_id: WEB_ID, redirect_uri: REDIRECT, scope: `api://${CLIENT_ID}/access_as_user` }
    const code = (await bureau.signIn(asked)).get('code') ?? ''
    const first = await bureau.token({ ...web, grant_type: 'authorization_code', redirect_uri: REDIRECT, code })
    expect(claims(first.body['access_token'])).toMatchObject({ aud: CLIENT_ID, scp: 'access_as_user' })
    const bearer = `Bearer ${String(first.body['access_token'])}`
    expect((await bureau.graph.raw('GET', '/v1.0/users', bearer)).status).toBe(401)
    const behalf = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      requested_token_use: 'on_behalf_of',
      assertion: String(first.body['access_token']),
      scope: `${GRAPH}/User.Read.All`,
    }
    const second = await bureau.token({ ...behalf, ...api })
    expect(claims(second.body['access_token'])).toMatchObject({ aud: GRAPH, scp: 'User.Read.All', appid: CLIENT_ID })
    expect((await bureau.token({ ...behalf, ...web })).body).toMatchObject({ error_codes: [50_013] })
    bureau.pass(3_601 * SECOND_MS)
    expect((await bureau.token({ ...behalf, ...api })).body).toMatchObject({ error_codes: [50_013] })
  })
})
