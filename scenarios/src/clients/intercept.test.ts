import https from 'node:https'
import { connect } from 'node:tls'
import { ClientSecretCredential } from '@azure/identity'
import { Client } from '@microsoft/microsoft-graph-client'
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js'
import { Agent, buildConnector, getGlobalDispatcher, setGlobalDispatcher } from 'undici'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Live, startLive } from '../../test-support/live.ts'
import { trust } from '../../test-support/trusting.ts'

const usual = { createConnection: https.Agent.prototype.createConnection, dispatcher: getGlobalDispatcher() }

let live: Live
beforeAll(async () => {
  live = await startLive({ graph: { intercept: true } })
  trust(live.stack.connection.caFile)
  const port = Number(new URL(live.stack.connection.url).port)
  // What a hosts file and port 443 do: names of Microsoft lead here, and clients still see those names.
  https.Agent.prototype.createConnection = (options) => {
    const { servername, host } = options as { servername?: string; host?: string }
    return connect({ host: '127.0.0.1', port, servername: servername ?? host ?? '' })
  }
  const connector = buildConnector({})
  setGlobalDispatcher(
    new Agent({
      connect: (options, done) =>
        connector({ ...options, servername: options.hostname, hostname: '127.0.0.1', port: String(port) }, done),
    }),
  )
}, 60_000)
afterAll(async () => {
  https.Agent.prototype.createConnection = usual.createConnection
  setGlobalDispatcher(usual.dispatcher)
  await live?.[Symbol.asyncDispose]()
})

it('clients that know the hosts of Microsoft and nothing else find Muster there', async () => {
  const { tenantId, clientId, clientSecret } = live.stack.connection
  await live.client.call('POST', '/v1.0/users', {
    userPrincipalName: 'a@contoso.example',
    displayName: 'A',
    accountEnabled: true,
  })
  await live.client.call('POST', '/v1.0/users', {
    userPrincipalName: 'b@contoso.example',
    displayName: 'B',
    accountEnabled: true,
  })
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret)
  const scopes = ['https://graph.microsoft.com/.default']
  const authProvider = new TokenCredentialAuthenticationProvider(credential, { scopes })
  const page = (await Client.initWithMiddleware({ authProvider }).api('/users').top(1).get()) as Record<string, unknown>
  expect(page['value']).toHaveLength(1)
  expect(page['@odata.nextLink']).toMatch(/^https:\/\/graph\.microsoft\.com\/v1\.0\/users\?/)
  expect(page['@odata.context']).toBe('https://graph.microsoft.com/v1.0/$metadata#users')
})

it.each(['login.microsoftonline.com', 'api.manage.microsoft.com', 'fef.amsub0102.manage.microsoft.com'])(
  '%s is certified by the authority of this machine',
  async (host) => {
    const { tenantId } = live.stack.connection
    const answer = await fetch(`https://${host}/${tenantId}/v2.0/.well-known/openid-configuration`)
    expect(await answer.json()).toMatchObject({ issuer: `https://${host}/${tenantId}/v2.0` })
  },
)

it('a host that is not of these is not stood in for', async () => {
  const refused = await fetch('https://www.example.com/').catch((error: unknown) => error as Error)
  expect((refused as Error).cause).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})
