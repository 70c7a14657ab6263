import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClientCertificateCredential, ClientSecretCredential, DeviceCodeCredential } from '@azure/identity'
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from '@azure/msal-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADA, type Live, startLive } from '../../test-support/live.ts'
import { trust } from '../../test-support/trusting.ts'

const NATIVE = { clientId: randomUUID(), displayName: 'a program', roles: [], redirectUris: ['http://localhost'] }
const WEB = {
  clientId: randomUUID(),
  displayName: 'a web application',
  clientSecret: 'what the web application keeps',
  roles: ['User.Read.All', 'Group.Read.All'],
  redirectUris: ['https://web.example/signed-in'],
}
const DEFAULT = 'https://graph.microsoft.com/.default'

let live: Live
let authority: { readonly url: string; readonly tenantId: string; readonly host: string }
beforeAll(async () => {
  live = await startLive({ graph: { applications: [NATIVE, WEB] } })
  const { url, tenantId, caFile } = live.stack.connection
  authority = { url, tenantId, host: new URL(url).host }
  trust(caFile)
  await live.client.call('POST', '/v1.0/users', ADA)
}, 60_000)
afterAll(() => live?.[Symbol.asyncDispose]())

const graphWith = async (token: string, path = '/v1.0/users') => {
  const answer = await fetch(`${authority.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const azure = () => ({ authorityHost: authority.url, disableInstanceDiscovery: true })
const msal = () => ({ authority: `${authority.url}/${authority.tenantId}`, knownAuthorities: [authority.host] })
const post = (path: string, form: Readonly<Record<string, string>>) =>
  fetch(`${authority.url}${path}`, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })

/** What a person does at the page that a device sends them to. */
const approve = async (userCode: string): Promise<void> => {
  const { status } = await post('/common/oauth2/deviceauth', { user_code: userCode, username: ADA.userPrincipalName })
  expect(status).toBe(200)
}

describe('@azure/identity', () => {
  it('gets a token with a secret', async () => {
    const credential = new ClientSecretCredential(authority.tenantId, WEB.clientId, WEB.clientSecret, azure())
    const { token } = await credential.getToken(DEFAULT)
    expect((await graphWith(token)).status).toBe(200)
    expect((await graphWith(token, '/v1.0/deviceManagement/managedDevices')).status).toBe(403)
    const wrong = new ClientSecretCredential(authority.tenantId, WEB.clientId, 'wrong', azure())
    await expect(wrong.getToken(DEFAULT)).rejects.toThrow(/AADSTS7000215/)
    const elsewhere = new ClientSecretCredential(randomUUID(), WEB.clientId, WEB.clientSecret, azure())
    await expect(elsewhere.getToken(DEFAULT)).rejects.toThrow(/AADSTS90002|openid|endpoints/i)
  })

  it('gets a token with a certificate that was registered through Graph, and another at once', async () => {
    const [key, certificate] = [join(live.dir, 'client.key'), join(live.dir, 'client.pem')]
    const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=client']
    execFileSync('openssl', ['req', '-x509', ...made], { stdio: 'ignore' })
    const pem = readFileSync(certificate, 'utf8')
    const created = (await live.client.call('POST', '/v1.0/applications', {
      displayName: 'with a certificate',
      keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', key: btoa(pem) }],
    })) as { appId: string }
    await live.client.call('POST', '/v1.0/servicePrincipals', { appId: created.appId })
    const both = `${pem}\n${readFileSync(key, 'utf8')}`
    const credential = new ClientCertificateCredential(
      authority.tenantId,
      created.appId,
      { certificate: both },
      azure(),
    )
    expect((await credential.getToken(DEFAULT)).token).toMatch(/\..+\./)
    // Claims make it ask again, with the same assertion.
    const claims = JSON.stringify({ access_token: { xms_cc: { values: ['cp1'] } } })
    expect((await credential.getToken(DEFAULT, { claims })).token).toMatch(/\..+\./)
  })

  it('signs a user in with a device code', async () => {
    const credential = new DeviceCodeCredential({
      ...azure(),
      tenantId: authority.tenantId,
      clientId: NATIVE.clientId,
      userPromptCallback: ({ userCode, verificationUri }) => {
        expect(verificationUri).toBe(`${authority.url}/common/oauth2/deviceauth`)
        void approve(userCode)
      },
    })
    const { token } = await credential.getToken('https://graph.microsoft.com/User.Read')
    expect((await graphWith(token, '/v1.0/me')).body).toMatchObject({ userPrincipalName: ADA.userPrincipalName })
  })
})

describe('@azure/msal-node', () => {
  it('gets a token for an application', async () => {
    const { clientId, clientSecret } = WEB
    const app = new ConfidentialClientApplication({ auth: { clientId, clientSecret, ...msal() } })
    const result = await app.acquireTokenByClientCredential({ scopes: [DEFAULT] })
    expect((await graphWith(result?.accessToken ?? '')).status).toBe(200)
  })

  it('signs a user in with a device code, and goes on in silence', async () => {
    const app = new PublicClientApplication({ auth: { clientId: NATIVE.clientId, ...msal() } })
    const result = await app.acquireTokenByDeviceCode({
      scopes: ['User.Read', 'Group.Read.All'],
      deviceCodeCallback: ({ userCode }) => void approve(userCode),
    })
    expect(result?.account).toMatchObject({ username: ADA.userPrincipalName, tenantId: authority.tenantId })
    expect((await graphWith(result?.accessToken ?? '', '/v1.0/groups')).status).toBe(200)
    const account = result?.account
    if (!account) throw new Error('nobody has signed in')
    const again = await app.acquireTokenSilent({ account, scopes: ['User.Read'], forceRefresh: true })
    expect(again.fromCache).toBe(false)
    expect((await graphWith(again.accessToken, '/v1.0/me')).status).toBe(200)
  })

  it('signs a user in with a code and a proof, and an API acts for them', async () => {
    const { clientId, clientSecret } = WEB
    const [redirectUri = ''] = WEB.redirectUris
    const found = (await live.client.call('GET', `/v1.0/applications(appId='${clientId}')`)) as { id: string }
    const scope = { id: randomUUID(), value: 'access_as_user', isEnabled: true, type: 'User' }
    await live.client.call('PATCH', `/v1.0/applications/${found.id}`, { api: { oauth2PermissionScopes: [scope] } })

    const native = new PublicClientApplication({ auth: { clientId: NATIVE.clientId, ...msal() } })
    const { verifier, challenge } = await new CryptoProvider().generatePkceCodes()
    const scopes = [`api://${clientId}/access_as_user`]
    const asked = { scopes, redirectUri: 'http://localhost:49152' }
    const pkce = { codeChallenge: challenge, codeChallengeMethod: 'S256' }
    const page = new URL(await native.getAuthCodeUrl({ ...asked, ...pkce, state: 'a state' }))
    expect((await fetch(page)).status).toBe(200)
    const answered = await post(`${page.pathname}${page.search}`, { username: ADA.userPrincipalName })
    const back = new URL(answered.headers.get('location') ?? '')
    expect([back.host, back.searchParams.get('state')]).toEqual(['localhost:49152', 'a state'])
    const code = back.searchParams.get('code') ?? ''
    const user = await native.acquireTokenByCode({ ...asked, code, codeVerifier: verifier })
    expect(user.account?.username).toBe(ADA.userPrincipalName)
    await expect(native.acquireTokenByCode({ ...asked, code, codeVerifier: verifier })).rejects.toThrow(/AADSTS54005/)

    const api = new ConfidentialClientApplication({ auth: { clientId, clientSecret, ...msal() } })
    const behalf = { oboAssertion: user.accessToken, scopes: ['https://graph.microsoft.com/User.Read'] }
    await expect(api.acquireTokenOnBehalfOf(behalf)).rejects.toThrow(/AADSTS65001/)
    await post(`/common/oauth2/v2.0/authorize`, {
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'User.Read',
      username: ADA.userPrincipalName,
    })
    const acting = await api.acquireTokenOnBehalfOf(behalf)
    expect((await graphWith(acting?.accessToken ?? '', '/v1.0/me')).body).toMatchObject({ displayName: 'Ada' })
  })
})

describe('a token', () => {
  it('is still good when the service has been started anew', async () => {
    const token = (await live.client.authorization()).replace('Bearer ', '')
    await live.stack.control.end()
    await live.stack.control.start()
    expect((await graphWith(token)).status).toBe(200)
  })
})
