import { errorCatalogue } from '@muster/shared/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Entity, type GraphOffice, type GraphReply, openGraph } from '../../test-support/graph.ts'
import { errorServiceOf, inWordsOf } from './error-service.ts'
import { graphRoutes } from './routes.ts'

const linuxPolicy = { name: 'p', platforms: 'linux', settings: [] }
const rules = [{ ruleName: 'r', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 1 }] }]
const assignments = [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }]
const restriction = {
  '@odata.type': '#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration',
  displayName: 'r',
  platformType: 'ios',
  platformRestriction: { osMinimumVersion: '17.0', osMaximumVersion: '18.0', platformBlocked: false },
}
const message = { locale: 'de-de', subject: 's', messageTemplate: 'm' }

/** By the end of a path: a body that the door takes, to be spoilt. */
const examples: Readonly<Record<string, Entity>> = {
  '/users': { userPrincipalName: 'a@b.example', displayName: 'A', department: 'Sales' },
  '/users/{id}': { displayName: 'B', mail: null },
  '/groups': { displayName: 'G', groupTypes: ['DynamicMembership'], membershipRule: 'device.deviceModel -eq "x"' },
  '/groups/{id}': { displayName: 'H', 'members@odata.bind': [] },
  '/assignmentFilters': { displayName: 'F', platform: 'windows10AndLater', rule: '(device.model -eq "x")' },
  '/assignmentFilters/{id}': { displayName: 'F', rule: '(device.model -ne "x")' },
  '/validateFilter': { deviceAndAppManagementAssignmentFilter: { platform: 'iOS', rule: '(device.model -eq "x")' } },
  '/evaluateAssignmentFilter': { data: { platform: 'linux', rule: '(device.model -eq "x")' } },
  '/deviceEnrollmentConfigurations': restriction,
  '/deviceEnrollmentConfigurations/{id}': { displayName: 'r', platformRestriction: restriction.platformRestriction },
  '/setPriority': { priority: 1 },
  '/notificationMessageTemplates': { displayName: 't', brandingOptions: 'includeCompanyLogo' },
  '/localizedNotificationMessages': message,
  '/deviceCompliancePolicies': {
    '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
    displayName: 'p',
    bitLockerEnabled: true,
    scheduledActionsForRule: rules,
  },
  '/compliancePolicies': linuxPolicy,
  '/compliancePolicies/{id}': { ...linuxPolicy, name: 'q' },
  '/setScheduledActions': { scheduledActions: rules },
  '/assign': { assignments, enrollmentConfigurationAssignments: assignments },
  '/setScheduledRetireState': { state: 'cancelRetire', managedDeviceIds: [] },
  '/executeAction': { actionName: 'syncDevice', deviceIds: ['x'] },
  '/wipe': { keepEnrollmentData: true, macOsUnlockCode: '123456' },
  '/setDeviceName': { deviceName: 'n' },
  '/deviceManagement': { settings: { secureByDefault: true } },
}

let graph: GraphOffice
/** What there is, by the collection it is in. */
let known: Readonly<Record<string, string>>
beforeAll(async () => {
  graph = await openGraph()
  const { office } = graph
  const device = await office.device()
  const made = async (path: string, body: Entity) => String((await graph.post(path, body))['id'])
  known = {
    users: String(device.userId),
    devices: device.directoryId,
    managedDevices: device.id,
    compliancePolicies: (await office.policy()).id,
    groups: await made('/groups', { displayName: 'g' }),
    assignmentFilters: await made('/deviceManagement/assignmentFilters', examples['/assignmentFilters'] ?? {}),
    deviceEnrollmentConfigurations: await made('/deviceManagement/deviceEnrollmentConfigurations', restriction),
    notificationMessageTemplates: await made('/deviceManagement/notificationMessageTemplates', { displayName: 't' }),
    deviceCompliancePolicies: await made(
      '/deviceManagement/deviceCompliancePolicies',
      examples['/deviceCompliancePolicies'] ?? {},
    ),
  }
})
afterAll(() => graph?.[Symbol.asyncDispose]())

/** Names and values that mean something somewhere, so that nonsense gets far. */
const words = [
  ...['@odata.type', 'displayName', 'name', 'platform', 'platforms', 'rule', 'settings', 'assignments', 'target'],
  ...['scheduledActionsForRule', 'scheduledActionConfigurations', 'actionType', 'gracePeriodHours', 'deviceIds'],
  ...['actionName', 'membershipRule', 'groupTypes', 'members@odata.bind', '@odata.id', 'userPrincipalName', 'limit'],
  ...['enrollmentConfigurationAssignments', 'platformType', 'platformRestriction', 'priority', 'state', 'locale'],
  ...['settingInstance', 'settingDefinitionId', 'simpleSettingValue', 'value', 'id', '__proto__', 'constructor'],
]
const values = [
  ...['#microsoft.graph.windows10CompliancePolicy', 'linux', 'windows10AndLater', 'block', 'wipe', 'DynamicMembership'],
  ...['(device.model -eq "x")', 'device.displayName -match "a"', 'a@b.example', 'de-de', 'confirmRetire', 'on'],
  ...['#microsoft.graph.deviceEnrollmentLimitConfiguration', '#microsoft.graph.groupAssignmentTarget', '10.0.1'],
]
const scalar = fc.oneof(
  fc.constantFrom(...values),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
)
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    scalar,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })), tie('json'), { maxKeys: 6 }),
  ),
}))

/** A body in which every name that the door may look for is there at random. */
const body = fc.oneof(json, fc.dictionary(fc.constantFrom(...words), json, { maxKeys: 10 }))

const filters = [
  ...["deviceName eq 'x'", 'lastSyncDateTime gt 2026-01-01T00:00:00Z', 'contains(deviceName,enrolledDateTime)', 'not'],
  ...[
    "id in ('a','b')",
    'enrolledDateTime in (1,2)',
    "endsWith(lastSyncDateTime,'1')",
    "displayName in ('a',null) or isof('microsoft.graph.user')",
    'members/$count gt 0 and year(createdDateTime) ge 2026',
    'a/any(x:x eq 1)',
    'null eq id',
  ],
]
const query = fc.dictionary(
  fc.constantFrom(
    '$filter',
    '$top',
    '$skip',
    '$skiptoken',
    '$orderby',
    '$select',
    '$expand',
    '$count',
    'top',
    '$search',
    '$deltatoken',
  ),
  fc.oneof(
    fc.constantFrom(
      ...filters,
      '-1',
      '0',
      '5',
      'id desc',
      '*',
      'true',
      'latest',
      'assignments($expand=target)',
      '"displayName:a" OR b',
    ),
    fc.string({ unit: 'binary', maxLength: 24 }),
  ),
  { maxKeys: 4 },
)

/** The example of a route, if it has one: as it is, with one thing replaced, or with one thing more. */
function spoilt(path: string): fc.Arbitrary<unknown> {
  const ends = Object.keys(examples).filter((end) => path.endsWith(end))
  const example = examples[ends.sort((one, other) => other.length - one.length)[0] ?? '']
  if (!example) return body
  const depths = fc.array(fc.nat({ max: 5 }), { maxLength: 4 })
  const replaced = fc.tuple(depths, json).map(([path, value]) => replaceAt(example, path, value))
  const extended = fc.tuple(fc.constantFrom(...words), json).map(([name, value]) => ({ ...example, [name]: value }))
  return fc.oneof(body, fc.constant(example), replaced, replaced, extended)
}

/** A copy in which what lies at the end of a path (each step modulo what is there) is another value. */
function replaceAt(whole: unknown, [step, ...further]: readonly number[], value: unknown): unknown {
  if (step === undefined || typeof whole !== 'object' || whole === null) return value
  const entries = Object.entries(whole)
  const chosen = entries.length === 0 ? undefined : entries[step % entries.length]
  if (!chosen) return value
  const copy: Record<string, unknown> = { ...whole, [chosen[0]]: replaceAt(chosen[1], further, value) }
  return Array.isArray(whole) ? Object.values(copy) : copy
}

/** What may follow a path. */
const tails = [
  ...[
    '/$count',
    '/$value',
    '/$ref',
    '/displayName',
    '/displayname/$value',
    '/id/x',
    '/microsoft.graph.user',
    '/',
    '//',
  ],
  ...[
    "('x')",
    '()',
    "(displayName='g')",
    '(a=1,b=2)',
    '/graph.group/$count',
    '/microsoft.graph.assign',
    '/delta',
    '/a=b',
  ],
]
const headerNames = ['prefer', 'consistencylevel', 'if-match', 'content-type']
const headerValues = [
  ...['return=minimal', 'return=representation', 'odata.maxpagesize=2', 'odata.maxpagesize=x;return="minimal"'],
  ...['eventual', '*', 'W/"x"', 'application/json'],
]

const requests = fc.constantFrom(...graphRoutes).chain((route) =>
  fc.record({
    route: fc.constant(route),
    // Nothing that is known is deleted, so that there is always something to get hold of.
    isKnown: route.method === 'DELETE' ? fc.constant(false) : fc.boolean(),
    id: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    query,
    tail: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.constantFrom(...tails)),
    headers: fc.dictionary(
      fc.constantFrom(...headerNames),
      fc.oneof(fc.constantFrom(...headerValues), fc.string({ maxLength: 20 })),
      {
        maxKeys: 3,
      },
    ),
    body: spoilt(route.path),
  }),
)
type FuzzRequest = typeof requests extends fc.Arbitrary<infer T> ? T : never

function urlOf({ route, isKnown, id, query: options, tail }: FuzzRequest): string {
  const collection = /(\w+)\/\{/.exec(route.path)?.[1] ?? ''
  const key = isKnown ? (known[collection] ?? id) : id
  const path = route.path.replace(/\{\w+\}/g, () => encodeURIComponent(key.toWellFormed()))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(options)) search.set(name, String(value).toWellFormed())
  return `${path}${tail}?${search}`
}

/** What the door may answer: success, or an error of the catalogue with its status in Graph's envelope. */
function soundness({ status, body: answered }: GraphReply, url: string): string | undefined {
  if (status < 300) return undefined
  const { error } = answered as { error?: { code: string; message: string; innerError: { code: string } } }
  const entry = errorCatalogue[error?.innerError.code as keyof typeof errorCatalogue]
  if (!entry || entry.status !== status) return JSON.stringify(answered)
  const said = inWordsOf(errorServiceOf(url), { code: entry.graph, message: '', activityId: '' })
  if (said.code !== error?.code) return JSON.stringify(answered)
  return status >= 500 && status !== 501 ? JSON.stringify(answered) : undefined
}

async function answerTo(request: FuzzRequest): Promise<GraphReply> {
  const { route, headers, body } = request
  const url = `/beta${urlOf(request)}`
  const { authorization } = graph
  const answered = await graph.answer({ method: route.method, url, authorization, headers, body })
  return { status: answered.status, body: (answered.body ?? {}) as Entity }
}

it('answers whatever it is asked with success or with a coded error, and fails at nothing', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      expect(soundness(await answerTo(request), `/beta${urlOf(request)}`)).toBeUndefined()
    }),
    { numRuns: 2_000 },
  )
}, 90_000)

it('answers any batch, and every request in it', async () => {
  const id = fc.constantFrom('1', '2', '3', 4, 5)
  const item = requests.chain((request) =>
    fc.record(
      {
        id,
        method: fc.constantFrom(request.route.method, request.route.method.toLowerCase()),
        url: fc.constantFrom(urlOf(request), urlOf(request).slice(1), `https://localhost/v1.0${urlOf(request)}`),
        headers: fc.constant(request.headers),
        body: fc.oneof(fc.constant(request.body), fc.base64String({ maxLength: 20 })),
        dependsOn: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(id, { maxLength: 2 })),
      },
      { requiredKeys: ['id', 'method', 'url'] },
    ),
  )
  const items = fc.oneof(
    fc.uniqueArray(item, { maxLength: 5, selector: (each) => String(each.id) }),
    fc.array(item, { maxLength: 22 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 5, arbitrary: items }, json), async (batched) => {
      const reply = await graph.ask('POST', '/$batch', { requests: batched })
      expect(soundness(reply, '/beta/$batch')).toBeUndefined()
      if (reply.status !== 200) return
      const responses = reply.body['responses'] as (GraphReply & { id: string; headers: unknown })[]
      expect(responses.map((each) => each.id)).toEqual((batched as { id: unknown }[]).map((each) => String(each.id)))
      for (const response of responses) {
        expect(response.headers).toBeTypeOf('object')
        expect(response.status < 500 || response.status === 501, JSON.stringify(response)).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
}, 90_000)

it('leaves nothing behind of what it refuses', async () => {
  const state = async () => {
    const { store } = graph.office
    const [policies, filtersNow, groups, restrictions, templates, users, audit, outbox] = await Promise.all([
      store.policies.list(),
      store.filters.list(),
      store.groups.list(),
      store.restrictions.list(),
      store.templates.list(),
      store.users.list(),
      store.audit.list({ limit: 100_000 }),
      store.outbox.oldest(100_000),
    ])
    return JSON.stringify([policies, filtersNow, groups, restrictions, templates, users, audit.length, outbox.length])
  }
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      fc.pre(request.route.method !== 'GET')
      const before = await state()
      const { status } = await answerTo(request)
      if (status >= 400) expect(await state()).toBe(before)
    }),
    { numRuns: 300 },
  )
}, 60_000)

it('takes any token for what it is, and any address', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.oneof(
        text,
        text.map((each) => `Bearer ${each}`),
      ),
      async (path, authorization) => {
        const reply = await graph.raw('GET', `/v1.0/${path}`, authorization)
        expect([400, 401, 404]).toContain(reply.status)
        expect(soundness(reply, `/v1.0/${path}`)).toBeUndefined()
      },
    ),
    { numRuns: 300 },
  )
})
