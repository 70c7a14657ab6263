import fc from 'fast-check'
import { base64url, CompactSign, decodeJwt, type JWTPayload } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { casesOf, type Known, makeKnown, requests, unsoundness, urlOf } from '../../test-support/fuzz-requests.ts'
import { CLIENT_ID, type Entity, type GraphOffice, openGraph, TENANT_ID } from '../../test-support/graph.ts'
import { enrolmentRequest } from '../../test-support/office.ts'
import { covers } from './identity/permissions.ts'
import { openSigningKeys } from './identity/signing-keys.ts'
import { graphRoles } from './routes.ts'

/** Keys that the test may sign with as well. */
let keyText: string | undefined
const keys = openSigningKeys({
  read: () => keyText,
  write: (text) => {
    keyText = text
  },
})

let graph: GraphOffice
let known: Known
let claims: JWTPayload
beforeAll(async () => {
  graph = await openGraph({ keys })
  known = await makeKnown(graph)
  await hide(graph)
  claims = decodeJwt(graph.authorization.replace('Bearer ', ''))
})
afterAll(() => graph?.[Symbol.asyncDispose]())

const sign = (payload: JWTPayload): Promise<string> => {
  const { kid, privateKey } = keys.current(Date.now())
  const bytes = new TextEncoder().encode(JSON.stringify(payload))
  return new CompactSign(bytes).setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid }).sign(privateKey)
}

/** Words that stand in one kind of thing each, and the roles of which one is needed to read it. */
const hidden: Readonly<Record<string, readonly string[]>> = {
  'hidden-user': ['User.Read.All'],
  'hidden-group': ['Group.Read.All'],
  // Whoever makes policies may see whom they are for.
  'hidden-device': [
    'Device.Read.All',
    'DeviceManagementManagedDevices.Read.All',
    'DeviceManagementConfiguration.Read.All',
  ],
  'hidden-policy': ['DeviceManagementConfiguration.Read.All'],
  'hidden-app': ['DeviceManagementApps.Read.All'],
  'hidden-role': ['DeviceManagementRBAC.Read.All'],
  'hidden-script': ['DeviceManagementScripts.Read.All'],
  'hidden-access': ['Policy.Read.All'],
}

/** Put the words where they belong; not through Graph, whose audit events tell of it to others. */
async function hide({ office }: GraphOffice): Promise<void> {
  const { store } = office
  await office.user('nobody', { displayName: 'hidden-user' })
  await store.groups.put({ id: 'hidden', displayName: 'hidden-group', createdAtMs: 0 })
  const { inventory } = enrolmentRequest()
  await office.device({ inventory: { ...inventory, deviceName: 'hidden-device' } })
  await office.policy({ name: 'hidden-policy', assignments: [] })
  const kept: readonly (readonly [collection: string, entity: Entity & { readonly id: string }])[] = [
    [
      'deviceAppManagement/mobileApps',
      { '@odata.type': '#microsoft.graph.webApp', id: 'a', displayName: 'hidden-app' },
    ],
    ['deviceManagement/roleDefinitions', { id: 'r', displayName: 'hidden-role' }],
    ['deviceManagement/deviceManagementScripts', { id: 's', displayName: 'hidden-script' }],
    ['identity/conditionalAccess/policies', { id: 'c', displayName: 'hidden-access' }],
  ]
  for (const [collection, entity] of kept) await store.objects.put(collection, [entity])
}

/** Applications that may do some things each, by what they may. */
const callers = fc.sample(fc.subarray([...graphRoles], { maxLength: 6 }), 24)

it('shows nobody what is not for them, and lets nobody change it', async () => {
  const tokens = await Promise.all(callers.map((roles) => sign({ ...claims, roles: [...roles], appid: CLIENT_ID })))
  const caller = fc.nat({ max: callers.length - 1 })
  await fc.assert(
    fc.asyncProperty(requests, caller, fc.constantFrom('v1.0', 'beta'), async (request, index, version) => {
      const roles = new Set(callers[index])
      const { route, headers, body, tail } = request
      const url = `/${version}${urlOf(request, known)}`
      const authorization = `Bearer ${tokens[index]}`
      const answer = await graph.answer({ method: route.method, url, authorization, headers, body })
      const text = JSON.stringify(answer.body ?? {})
      expect(unsoundness({ status: answer.status, body: (answer.body ?? {}) as Entity }, url)).toBeUndefined()
      for (const [word, readers] of Object.entries(hidden)) {
        if (!text.includes(word)) continue
        expect(
          readers.some((role) => covers(roles, role)),
          `${word} to ${[...roles]}`,
        ).toBe(true)
      }
      if (tail === '' && answer.status < 300 && !route.anyToken)
        expect(covers(roles, route.role), `${route.method} ${route.path} with ${[...roles]}`).toBe(true)
    }),
    casesOf(0.2),
  )
  // The words can be found by who may see them: what is not shown above is hidden, and not lost.
  for (const path of ['/users', '/groups', '/devices', '/deviceManagement/compliancePolicies'])
    expect(JSON.stringify((await graph.ask('GET', path)).body)).toContain('hidden-')
  for (const path of [
    'deviceAppManagement/mobileApps',
    'deviceManagement/roleDefinitions',
    'deviceManagement/deviceManagementScripts',
    'identity/conditionalAccess/policies',
  ])
    expect(JSON.stringify((await graph.ask('GET', `/${path}`)).body)).toContain('hidden-')
}, 300_000)

const junk = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, '', [], {}, '__proto__'),
  fc.string({ maxLength: 12 }),
  fc.double(),
)
const now = Math.floor(Date.now() / 1_000)
/** Claims that are wrong, or another right one. */
const changes = fc.record(
  {
    aud: fc.oneof(fc.constantFrom('https://graph.microsoft.com', 'https://graph.windows.net', [CLIENT_ID]), junk),
    iss: fc.oneof(fc.constantFrom(`https://sts.windows.net/${CLIENT_ID}/`), junk),
    tid: fc.oneof(fc.constantFrom(TENANT_ID, CLIENT_ID, TENANT_ID.toUpperCase()), junk),
    exp: fc.oneof(fc.constantFrom(now - 1, now + 3_600, String(now + 3_600), 1e300), junk),
    nbf: fc.oneof(fc.constantFrom(now - 10, now + 3_600, String(now)), junk),
    appid: fc.oneof(fc.constantFrom(CLIENT_ID, 'another application'), junk),
    roles: fc.oneof(fc.subarray([...graphRoles], { maxLength: 3 }), junk),
  },
  { requiredKeys: [] },
)

/** Whether a token with these claims, signed by the tenant, is one for Graph in this tenant at this time. */
function isValid({ aud, iss, tid, exp, nbf, appid }: Readonly<Record<string, unknown>>): boolean {
  const audiences = [
    'https://graph.microsoft.com',
    'https://graph.microsoft.com/',
    '00000003-0000-0000-c000-000000000000',
  ]
  const isForGraph = [aud].flat().some((each) => audiences.includes(String(each)))
  const isOfTenant = tid === TENANT_ID && iss === claims.iss
  const isNow = typeof exp === 'number' && typeof nbf === 'number' && exp > now && nbf <= Date.now() / 1_000
  return isForGraph && isOfTenant && isNow && appid !== undefined
}

const users = (authorization: string) =>
  graph.answer({ method: 'GET', url: '/v1.0/users', body: undefined, authorization })

it('takes a token for what its claims say, and none that is for somebody else', async () => {
  await fc.assert(
    fc.asyncProperty(changes, async (changed) => {
      const payload = JSON.parse(JSON.stringify({ ...claims, ...changed })) as JWTPayload
      const { status } = await users(`Bearer ${await sign(payload)}`)
      const roles = Array.isArray(payload['roles']) ? new Set(payload['roles'].map(String)) : new Set<string>()
      expect(status).toBe(isValid(payload) ? (covers(roles, 'User.Read.All') ? 200 : 403) : 401)
    }),
    casesOf(0.05),
  )
}, 300_000)

it('takes no token that is changed after it was signed, and nothing that is no token', async () => {
  const token = graph.authorization.replace('Bearer ', '')
  const parts = token.split('.')
  const [header = '', payload = '', signature = ''] = parts
  const encoded = (value: unknown): string => base64url.encode(JSON.stringify(value))
  const headers = fc.record(
    {
      alg: fc.constantFrom('none', 'None', 'HS256', 'RS512', 'PS256', 'ES256', '', 'RS256'),
      kid: fc.oneof(fc.string(), junk),
      crit: junk,
      jwk: junk,
      jku: fc.webUrl(),
      b64: fc.boolean(),
    },
    { requiredKeys: ['alg'] },
  )
  const mutants = fc.oneof(
    headers.map((each) => [encoded(each), payload, signature].join('.')),
    headers.map((each) => [encoded(each), payload, ''].join('.')),
    changes
      .filter((each) => Object.keys(each).length > 0)
      .map((each) => [header, encoded({ ...claims, ...each }), signature].join('.')),
    fc.shuffledSubarray(parts).map((some) => some.join('.')),
    fc
      .tuple(fc.nat({ max: token.length }), fc.nat({ max: 40 }), fc.string({ maxLength: 8 }))
      .map(([at, length, text]) => token.slice(0, at) + text + token.slice(at + length)),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.base64String({ maxLength: 30 }), { maxLength: 6 }).map((some) => some.join('.')),
  )
  // The last bits of a part's last character mean nothing, so that another can stand for the same token.
  const meaning = (text: string): string =>
    text
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('hex'))
      .join('.')
  await fc.assert(
    fc.asyncProperty(mutants, fc.constantFrom('Bearer ', 'bearer  ', 'Basic ', ''), async (mutant, scheme) => {
      fc.pre(meaning(mutant.trim()) !== meaning(token))
      const answer = await users(scheme + mutant)
      expect(answer.status).toBe(401)
      expect(unsoundness({ status: 401, body: answer.body as Entity }, '/v1.0/users')).toBeUndefined()
    }),
    casesOf(0.05),
  )
}, 300_000)
