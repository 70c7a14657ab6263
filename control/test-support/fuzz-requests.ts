import { errorCatalogue } from '@muster/shared/contracts'
import fc from 'fast-check'
import { errorServiceOf, inWordsOf } from '../src/graph/error-service.ts'
import { graphRoutes } from '../src/graph/routes.ts'
import type { Entity, GraphOffice, GraphReply } from './graph.ts'

const CASES = Number(process.env['MUSTER_FUZZ_CASES'] ?? 3_000)

/** How many cases a property gets of all: `MUSTER_FUZZ_CASES`, which CI sets to many more than a developer waits for. */
export const casesOf = (share: number): { readonly numRuns: number } => ({ numRuns: Math.ceil(CASES * share) })

const linuxPolicy = { name: 'p', platforms: 'linux', settings: [] }
const rules = [{ ruleName: 'r', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 1 }] }]
const assignments = [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }]
export const restriction = {
  '@odata.type': '#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration',
  displayName: 'r',
  platformType: 'ios',
  platformRestriction: { osMinimumVersion: '17.0', osMaximumVersion: '18.0', platformBlocked: false },
}
const message = { locale: 'de-de', subject: 's', messageTemplate: 'm' }

/** By the end of a path: a body that the door takes, to be spoilt. */
export const examples: Readonly<Record<string, Entity>> = {
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
  '/subscriptions': {
    changeType: 'updated',
    notificationUrl: 'https://receiver.example/',
    resource: 'users',
    expirationDateTime: new Date(Date.now() + 86_400_000).toISOString(),
  },
  '/subscriptions/{id}': { expirationDateTime: new Date(Date.now() + 86_400_000).toISOString() },
  '/deviceManagement': { settings: { secureByDefault: true } },
}

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
export const { json } = fc.letrec<{ json: unknown }>((tie) => ({
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
const optionNames = fc.constantFrom(
  ...[
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
  ],
)
const optionValues = fc.oneof(
  fc.constantFrom(
    ...[
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
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 24 }),
)
const query = fc.dictionary(optionNames, optionValues, { maxKeys: 4 })

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
const headers = fc.dictionary(
  fc.constantFrom(...headerNames),
  fc.oneof(fc.constantFrom(...headerValues), fc.string({ maxLength: 20 })),
  { maxKeys: 3 },
)

/** A request for a route of Graph, more or less as it should be. */
export const requests = fc.constantFrom(...graphRoutes).chain((route) =>
  fc.record({
    route: fc.constant(route),
    // Nothing that is known is deleted, so that there is always something to get hold of.
    isKnown: route.method === 'DELETE' ? fc.constant(false) : fc.boolean(),
    id: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    query,
    tail: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.constantFrom(...tails)),
    headers,
    body: spoilt(route.path),
  }),
)
export type FuzzRequest = typeof requests extends fc.Arbitrary<infer T> ? T : never

/** Segments of paths that there are, and of none. */
const segment = fc.oneof(
  fc.constantFrom(...new Set(graphRoutes.flatMap(({ path }) => path.split('/')))),
  fc.constantFrom(
    '$count',
    '$value',
    '$ref',
    'microsoft.graph.user',
    'displayName',
    'assign',
    'settings',
    '',
    '.',
    '..',
  ),
  fc.constantFrom(
    "('x')",
    "('')",
    '()',
    '(a=1)',
    "users('x')",
    '%2e%2e',
    '%2F',
    '%00',
    '%',
    '%zz',
    ';',
    '\\',
    '{id}',
    '@',
  ),
  fc.string({ maxLength: 12 }),
)
const deep = (open: string, close: string) =>
  fc.nat({ max: 400 }).map((depth) => `${open.repeat(depth)}a${close.repeat(depth)}`)
/** What may stand behind a question mark, encoded or not. */
const rawQuery = fc
  .array(
    fc.oneof(
      fc.tuple(optionNames, optionValues).map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`),
      fc
        .tuple(optionNames, fc.oneof(deep('(', ')'), deep('not ', ''), deep('a($expand=', ')'), deep('-', '')))
        .map(([name, value]) => `${name}=${value}`),
      fc.constantFrom('', '=', '%', '$filter', '$top=%zz', '$filter=%ff', '$select=a,,b', '$select=%2A', '&&'),
      fc.string({ maxLength: 30 }),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join('&'))

/** A request of anything at all. */
export const strayRequests = fc.record({
  method: fc.oneof(
    { weight: 4, arbitrary: fc.constant('GET') },
    fc.constantFrom('POST', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'get', 'PURGE', ''),
  ),
  url: fc
    .tuple(
      fc.constantFrom('/v1.0', '/beta', '/BETA', '//v1.0', '/v2.0', ''),
      fc.array(segment, { maxLength: 6 }),
      rawQuery,
    )
    .map(([version, segments, asked]) => `${version}/${segments.join('/')}?${asked}`),
  headers,
  body,
})

/** What there is, by the collection it is in. */
export type Known = Readonly<Record<string, string>>

export async function makeKnown(graph: GraphOffice): Promise<Known> {
  const { office } = graph
  const device = await office.device()
  const made = async (path: string, like: Entity) => String((await graph.post(path, like))['id'])
  return {
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
    subscriptions: await made('/subscriptions', examples['/subscriptions'] ?? {}),
  }
}

/** Path and query of a request, below the version. */
export function urlOf({ route, isKnown, id, query: options, tail }: FuzzRequest, known: Known): string {
  const collection = /(\w+)\/\{/.exec(route.path)?.[1] ?? ''
  const key = isKnown ? (known[collection] ?? id) : id
  const path = route.path.replace(/\{\w+\}/g, () => encodeURIComponent(key.toWellFormed()))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(options)) search.set(name, String(value).toWellFormed())
  return `${path}${tail}?${search}`
}

/** What is wrong with an answer that is neither success nor an error of the catalogue with its status in Graph's envelope. */
export function unsoundness({ status, body: answered }: GraphReply, url: string): string | undefined {
  if (status < 300) return undefined
  const { error } = answered as { error?: { code: string; message: string; innerError: { code: string } } }
  const entry = errorCatalogue[error?.innerError.code as keyof typeof errorCatalogue]
  if (!entry || entry.status !== status) return JSON.stringify(answered)
  const said = inWordsOf(errorServiceOf(url), { code: entry.graph, message: '', activityId: '' })
  if (said.code !== error?.code) return JSON.stringify(answered)
  return status >= 500 && status !== 501 ? JSON.stringify(answered) : undefined
}
