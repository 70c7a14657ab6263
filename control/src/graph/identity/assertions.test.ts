import { DAY_MS, MINUTE_MS } from '@muster/shared/core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { TENANT_ID } from '../../../test-support/graph.ts'
import { type Bureau, GRAPH, makeCertificate, openBureau, WEB_ID } from '../../../test-support/identity.ts'

const certificate = makeCertificate(WEB_ID)
const stranger = makeCertificate(WEB_ID)

let bureau: Bureau
beforeAll(async () => {
  bureau = await openBureau()
  const { applications } = bureau.graph.office.store
  const web = (await applications.list()).find(({ appId }) => appId === WEB_ID)
  if (!web) throw new Error('the application is not registered')
  await applications.put({ ...web, keys: [certificate.credential] })
})
afterAll(() => bureau?.[Symbol.asyncDispose]())

let ask: (assertion: string) => ReturnType<Bureau['token']>
beforeEach(() => {
  ask = (assertion) =>
    bureau.token({
      client_id: WEB_ID,
      grant_type: 'client_credentials',
      scope: `${GRAPH}/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    })
})

it('a certificate that is registered is taken', async () => {
  expect(await ask(await certificate.assertion())).toMatchObject({ status: 200 })
})

it.each([
  ['the issuer', `https://localhost/${TENANT_ID}/v2.0`],
  ['the endpoint of Microsoft', `https://login.microsoftonline.com/${TENANT_ID}/oauth2/v2.0/token`],
  ['the endpoint under another name', 'https://localhost/contoso.onmicrosoft.com/oauth2/token'],
])('an assertion may be for %s', async (_, aud) => {
  expect(await ask(await certificate.assertion({ claims: { aud } }))).toMatchObject({ status: 200 })
})

const seconds = (): number => Math.floor(Date.now() / 1_000)
it.each([
  ['for another service', { claims: { aud: 'https://login.example/x/oauth2/v2.0/token' } }, 700_027],
  ['for another tenant', { claims: { aud: 'https://localhost/fabrikam/oauth2/v2.0/token' } }, 700_027],
  ['of another application', { claims: { sub: TENANT_ID } }, 700_027],
  ['that has expired', { claims: { exp: seconds() - 600, nbf: seconds() - 900 } }, 700_024],
  ['of tomorrow', { claims: { nbf: seconds() + 7_200, exp: seconds() + 9_000 } }, 700_024],
  ['for ever', { claims: { exp: seconds() + 10 * 86_400 } }, 700_024],
  ['without an id', { claims: { jti: undefined } }, 700_027],
  ['that names another certificate', { header: { x5t: 'AAAA' } }, 700_027],
])('an assertion %s is refused', async (_, change, number) => {
  const answer = await ask(await certificate.assertion(change as never))
  expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client', error_codes: [number] } })
})

it('an assertion that says it is signed with our certificate, and is not, is refused', async () => {
  const x5t = Buffer.from(certificate.sha1, 'hex').toString('base64url')
  const answer = await ask(await stranger.assertion({ header: { x5t } }))
  expect(answer).toMatchObject({ status: 401, body: { error_codes: [700_027] } })
})

it('an id is good for one assertion; the same one may come again unless the tenant refuses it', async () => {
  const jti = 'an id'
  const once = await certificate.assertion({ claims: { jti } })
  expect([(await ask(once)).status, (await ask(once)).status]).toEqual([200, 200])
  const other = await certificate.assertion({ claims: { jti, exp: seconds() + 300 } })
  expect(await ask(other)).toMatchObject({ status: 401, body: { error_codes: [700_027] } })
  await using strict = await openBureau({ refuseRepeatedAssertions: true, store: bureau.graph.office.store })
  const form = {
    client_id: WEB_ID,
    grant_type: 'client_credentials',
    scope: `${GRAPH}/.default`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await certificate.assertion(),
  }
  expect([(await strict.token(form)).status, (await strict.token(form)).status]).toEqual([200, 401])
})

it('a certificate is good until its end', async () => {
  bureau.pass(31 * DAY_MS)
  const now = seconds() + 31 * 86_400
  const answer = await ask(await certificate.assertion({ claims: { nbf: now, exp: now + 600 } }))
  expect(answer).toMatchObject({ status: 401, body: { error_codes: [7_000_222] } })
  bureau.pass(-31 * DAY_MS + MINUTE_MS)
})
