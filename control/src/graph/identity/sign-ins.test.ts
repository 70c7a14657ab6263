import { DAY_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { CLIENT_ID, type Entity, GRAPH_SCOPE, SECRET, TENANT_ID } from '../../../test-support/graph.ts'
import { GRAPH, NATIVE_ID } from '../../../test-support/identity.ts'
import { policyReport } from '../../../test-support/office.ts'
import { openPeople, type People } from '../../../test-support/people.ts'

const LOG = '/auditLogs/signIns'
const TOKEN = `/${TENANT_ID}/oauth2/v2.0/token`
const EDGE = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0'

const policy = (displayName: string, rest: Entity = {}, conditions: Entity = {}): Entity => ({
  displayName,
  state: 'enabled',
  conditions: {
    clientAppTypes: ['all'],
    users: { includeUsers: ['All'], excludeUsers: [] },
    applications: { includeApplications: ['All'] },
    ...conditions,
  },
  grantControls: { operator: 'OR', builtInControls: ['block'] },
  ...rest,
})
const wants = (...builtInControls: readonly string[]) => ({ grantControls: { operator: 'AND', builtInControls } })
const add = async ({ graph }: People, body: Entity): Promise<string> =>
  String((await graph.post<Entity>('/identity/conditionalAccess/policies', body))['id'])

/** Ask for tokens; the whole answer. */
async function come(
  { graph }: People,
  form: Readonly<Record<string, string>>,
): Promise<{ status: number; body: Entity; number: number | undefined }> {
  const all = { client_id: NATIVE_ID, scope: `${GRAPH_SCOPE} offline_access`, ...form }
  const { status, body = {} } = await graph.answer({
    method: 'POST',
    url: TOKEN,
    body: String(new URLSearchParams(all)),
    headers: { 'user-agent': EDGE },
    remoteAddress: '10.1.2.3',
  })
  const answered = body as Entity
  return { status, body: answered, number: (answered['error_codes'] as number[] | undefined)?.[0] }
}
const password = (people: People, rest: Readonly<Record<string, string>> = {}, name = 'eve') =>
  come(people, { grant_type: 'password', username: `${name}@contoso.example`, password: 'x', ...rest })

const logged = async ({ graph }: People, query = '', version = 'beta'): Promise<readonly Entity[]> => {
  const { status, body } = await graph.ask('GET', `${LOG}${query}`, undefined, version)
  expect([status, JSON.stringify(body)]).toEqual([200, expect.anything()])
  return body['value'] as Entity[]
}
const codeOf = (entry: Entity | undefined): unknown => (entry?.['status'] as Entity | undefined)?.['errorCode']

describe('the log of sign-ins', () => {
  it('tells who came how, from where and for what, in the shape of v1.0', async () => {
    await using people = await openPeople()
    const eve = await people.person('eve')
    expect((await password(people)).status).toBe(200)
    const [entry] = await logged(people, '', 'v1.0')
    expect(entry).toMatchObject({
      userId: eve.id,
      userPrincipalName: 'eve@contoso.example',
      appId: NATIVE_ID,
      appDisplayName: 'native',
      resourceDisplayName: 'Microsoft Graph',
      ipAddress: '10.1.2.3',
      clientAppUsed: 'Mobile Apps and Desktop clients',
      isInteractive: true,
      conditionalAccessStatus: 'notApplied',
      appliedConditionalAccessPolicies: [],
      deviceDetail: { browser: 'Edge 130', operatingSystem: 'windows', isCompliant: false },
      status: { errorCode: 0, failureReason: 'Other.' },
      riskState: 'none',
    })
    expect(entry).not.toHaveProperty('signInEventTypes')
    expect((await people.graph.ask('GET', `${LOG}/${entry?.['id']}`, undefined, 'v1.0')).body['id']).toBe(entry?.['id'])
    expect((await people.graph.ask('GET', `${LOG}/nothing`)).status).toBe(404)
  })

  it('has what was refused, once it is known who came', async () => {
    await using people = await openPeople({ userPassword: 'right' })
    const eve = await people.person('eve')
    await password(people, { password: 'wrong' })
    await password(people, { password: 'right' }, 'nobody')
    await people.graph.office.store.users.put({ ...eve, accountEnabled: false })
    await password(people, { password: 'right' })
    expect((await logged(people, `?$filter=userId eq '${eve.id}'`)).map(codeOf)).toEqual([50_057, 50_126])
  })

  it('has sign-ins without people where it is asked for them', async () => {
    await using people = await openPeople()
    await people.person('eve')
    const { body } = await password(people)
    await come(people, { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) })
    const own = { client_id: CLIENT_ID, scope: GRAPH_SCOPE, grant_type: 'client_credentials' }
    await come(people, { ...own, client_secret: SECRET })
    await come(people, { ...own, client_secret: 'wrong' })
    expect(await logged(people)).toHaveLength(1)
    const of = (kind: string) => logged(people, `?$filter=signInEventTypes/any(t: t eq '${kind}')`)
    expect((await of('nonInteractiveUser')).map(codeOf)).toEqual([0])
    expect((await of('servicePrincipal')).map(codeOf).slice(0, 2)).toEqual([7_000_215, 0])
  })

  it('is filtered, ordered, counted and paged in the database', async () => {
    await using people = await openPeople()
    for (const name of ['eve', 'bob', 'joe']) await people.person(name)
    for (const name of ['eve', 'bob', 'joe', 'eve']) await password(people, {}, name)
    const names = async (query: string): Promise<unknown[]> =>
      (await logged(people, query)).map((entry) => String(entry['userPrincipalName']).split('@')[0])
    expect(await names("?$filter=userPrincipalName eq 'EVE@contoso.example'")).toEqual(['eve', 'eve'])
    expect(await names("?$filter=startswith(userDisplayName,'b')")).toEqual(['bob'])
    expect(await names('?$orderby=userPrincipalName,createdDateTime desc')).toEqual(['bob', 'eve', 'eve', 'joe'])
    expect(await names('?$filter=status/errorCode ne 0')).toEqual([])
    expect(await names('?$filter=createdDateTime gt 2001-01-01T00:00:00Z and isInteractive eq true')).toHaveLength(4)
    const { body } = await people.graph.ask('GET', `${LOG}?$top=3`)
    const next = String(body['@odata.nextLink']).replace('https://localhost/beta', '')
    expect((await people.graph.get<{ value: Entity[] }>(next)).value).toHaveLength(1)
    expect((await people.as('eve', 'GET', LOG)).status).toBe(403)
  })

  it('forgets after thirty days', async () => {
    let aheadMs = 0
    await using people = await openPeople({ nowMs: () => Date.now() + aheadMs })
    await people.person('eve')
    await password(people)
    aheadMs = 31 * DAY_MS
    await password(people)
    const given = await people.graph.raw(
      'POST',
      TOKEN,
      undefined,
      String(
        new URLSearchParams({
          client_id: CLIENT_ID,
          client_secret: SECRET,
          scope: GRAPH_SCOPE,
          grant_type: 'client_credentials',
        }),
      ),
    )
    const header = `Bearer ${String(given.body['access_token'])}`
    const { body } = await people.graph.raw('GET', `/v1.0${LOG}`, header)
    expect(body['value']).toHaveLength(1)
  })
})

describe('conditional access', () => {
  it('blocks, and the log says which policy did', async () => {
    await using people = await openPeople()
    const [bad, good] = [await people.group('bad', await people.person('eve')), await people.person('bob')]
    const blocking = await add(people, policy('no', {}, { users: { includeGroups: [bad] } }))
    const other = await add(people, policy('off', { state: 'disabled' }))
    const refused = await password(people)
    expect([refused.status, refused.body['error'], refused.number]).toEqual([400, 'invalid_grant', 53_003])
    expect((await password(people, {}, 'bob')).status).toBe(200)
    const [fine, entry] = await logged(people, '', 'v1.0')
    expect([fine?.['userId'], fine?.['conditionalAccessStatus']]).toEqual([good.id, 'notApplied'])
    expect(entry).toMatchObject({
      conditionalAccessStatus: 'failure',
      status: { errorCode: 53_003, failureReason: expect.stringContaining('blocked by Conditional Access') },
      appliedConditionalAccessPolicies: [
        { id: blocking, displayName: 'no', result: 'failure', enforcedGrantControls: ['Block'] },
        { id: other, displayName: 'off', result: 'notEnabled', enforcedGrantControls: [] },
      ],
    })
  })

  it('asks for a compliant device, and takes the device as it is now', async () => {
    await using people = await openPeople()
    const { office } = people.graph
    await people.person('eve')
    const device = await office.device()
    const compliance = await office.policy()
    await office.visit(device)
    await office.report(await office.stored(device.id), 1, { policies: [policyReport(compliance, true)] })
    await add(people, policy('devices', wants('compliantDevice')))
    const atDevice = { device_id: device.entraDeviceId }
    expect((await password(people)).number).toBe(53_000)
    expect((await password(people, { device_id: 'nothing' })).number).toBe(53_000)
    const { status, body } = await password(people, atDevice)
    expect(status).toBe(200)
    const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    expect((await come(people, refresh)).status).toBe(200)
    const [entry] = await logged(people)
    expect(entry).toMatchObject({
      conditionalAccessStatus: 'success',
      deviceDetail: { deviceId: device.entraDeviceId, isCompliant: true, isManaged: true },
      appliedConditionalAccessPolicies: [{ result: 'success', enforcedGrantControls: ['RequireCompliantDevice'] }],
    })
    await office.report(await office.stored(device.id), 2, { policies: [policyReport(compliance, false)] })
    expect((await office.stored(device.id)).complianceState).toBe('noncompliant')
    expect((await come(people, refresh)).number).toBe(53_000)
    expect((await password(people, atDevice)).number).toBe(53_000)
  })

  it('only reports where it is told to', async () => {
    await using people = await openPeople()
    await people.person('eve')
    const state = 'enabledForReportingButNotEnforced'
    await add(people, policy('block', { state }))
    await add(people, policy('mfa', { state, ...wants('mfa') }))
    await add(people, policy('phones', { state }, { platforms: { includePlatforms: ['iOS'] } }))
    expect((await password(people)).status).toBe(200)
    const [entry] = await logged(people)
    expect(entry?.['conditionalAccessStatus']).toBe('notApplied')
    const applied = (entry?.['appliedConditionalAccessPolicies'] ?? []) as readonly Entity[]
    expect(applied.map(({ result }) => result)).toEqual([
      'reportOnlyFailure',
      'reportOnlyInterrupted',
      'reportOnlyNotApplied',
    ])
  })

  it('asks at the page for a second factor, and refuses there as well', async () => {
    await using people = await openPeople()
    const { graph } = people
    const eve = await people.person('eve')
    const id = await add(people, policy('mfa', wants('mfa'), { users: { includeUsers: [eve.id] } }))
    const asked = {
      client_id: NATIVE_ID,
      response_type: 'code',
      redirect_uri: 'http://localhost',
      scope: `${GRAPH}/User.Read`,
      code_challenge: 'x'.repeat(43),
      username: 'eve@contoso.example',
    }
    const sign = (rest: Readonly<Record<string, string>> = {}) =>
      graph.answer({
        method: 'POST',
        url: '/common/oauth2/v2.0/authorize',
        body: String(new URLSearchParams({ ...asked, ...rest })),
      })
    const first = await sign()
    expect([first.status, String(first.body)]).toEqual([200, expect.stringMatching(/AADSTS50076.*name="mfa"/s)])
    const location = new URL((await sign({ mfa: 'approved' })).headers?.['location'] ?? '')
    const code = location.searchParams.get('code') ?? ''
    const redeemed = await come(people, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: 'http://localhost',
      code_verifier: 'x'.repeat(43),
      scope: '',
    })
    expect(redeemed.status).toBe(200)
    const claims = String(redeemed.body['access_token']).split('.')[1] ?? ''
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())['amr']).toEqual(['pwd', 'mfa'])
    expect((await logged(people)).map(codeOf)).toEqual([0, 50_076])
    await graph.ask('PATCH', `/identity/conditionalAccess/policies/${id}`, {
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    })
    const blocked = await sign({ mfa: 'approved' })
    expect([blocked.status, String(blocked.body)]).toEqual([200, expect.stringContaining('AADSTS53003')])
  })

  it('keeps programs out that come for themselves, by what it says of workloads', async () => {
    await using people = await openPeople()
    await add(people, policy('people only'))
    const form = { client_id: CLIENT_ID, client_secret: SECRET, scope: GRAPH_SCOPE, grant_type: 'client_credentials' }
    expect((await come(people, form)).status).toBe(200)
    const clientApplications = { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] }
    await add(people, policy('workloads', {}, { users: { includeUsers: ['None'] }, clientApplications }))
    expect((await come(people, form)).number).toBe(53_003)
  })
})
