import { ClientSecretCredential } from '@azure/identity'
import {
  createUntypedNodeFromDiscriminatorValue,
  HttpMethod,
  RequestInformation,
  type UntypedNode,
} from '@microsoft/kiota-abstractions'
import { AzureIdentityAuthenticationProvider } from '@microsoft/kiota-authentication-azure'
import { BaseGraphRequestAdapter } from '@microsoft/msgraph-sdk-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADA, type Live, startLive } from '../../test-support/live.ts'
import { trust } from '../../test-support/trusting.ts'

let live: Live
let adapter: BaseGraphRequestAdapter
beforeAll(async () => {
  live = await startLive()
  const { url, tenantId, clientId, clientSecret, caFile } = live.stack.connection
  trust(caFile)
  const options = { authorityHost: url, disableInstanceDiscovery: true }
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, options)
  const scopes = ['https://graph.microsoft.com/.default']
  const hosts = new Set([new URL(url).hostname, new URL(url).host])
  adapter = new BaseGraphRequestAdapter(
    '',
    '1.0.0',
    new AzureIdentityAuthenticationProvider(credential, scopes, undefined, hosts),
  )
  adapter.baseUrl = `${url}/v1.0`
}, 60_000)
afterAll(() => live?.[Symbol.asyncDispose]())

const ask = (method: HttpMethod, template: string, parameters: Record<string, unknown> = {}, body?: object) => {
  const request = new RequestInformation(method, `{+baseurl}${template}`, { baseurl: adapter.baseUrl, ...parameters })
  if (body)
    request.setStreamContent(new TextEncoder().encode(JSON.stringify(body)).buffer as ArrayBuffer, 'application/json')
  return adapter.send<UntypedNode>(request, createUntypedNodeFromDiscriminatorValue, undefined)
}

it('the request adapter of the Graph SDK makes a user, finds it and reads it back', async () => {
  const made = await ask(HttpMethod.POST, '/users', {}, ADA)
  const properties = (made?.getValue() ?? {}) as Readonly<Record<string, UntypedNode>>
  const id = properties['id']?.getValue()
  const found = await ask(HttpMethod.GET, '/users{?%24filter,%24select}', {
    '%24filter': `userPrincipalName eq '${ADA.userPrincipalName}'`,
    '%24select': ['id', 'displayName'],
  })
  expect(JSON.stringify(found?.getValue())).toContain(String(id))
  const read = await ask(HttpMethod.GET, '/users/{id}', { id })
  expect(JSON.stringify(read?.getValue())).toContain('Ada')
})
