import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../test-support/graph.ts'
import { compileFilter } from './odata/evaluate.ts'
import { parseFilter } from './odata/filter.ts'
import { typesOf } from './odata/shape.ts'

/** Words that differ in case, in alphabet, and in what UTF-16 and UTF-8 make of their order. */
const words = ['', 'a', 'A', 'ab', 'Ünder', 'ünder', "o'b", 'z', '\uffee', '\u{1f4bb}', 'İ', 'ß', '%', '_', 'a\0b']
const text = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'grapheme', maxLength: 4 }))

interface Set {
  readonly path: string
  readonly type: string
  readonly texts: readonly string[]
  readonly nullable: readonly string[]
  readonly moments: readonly string[]
  readonly truths: readonly string[]
  readonly numbers: readonly string[]
  readonly enums: Readonly<Record<string, readonly string[]>>
  /** What no column answers. */
  readonly others: readonly string[]
}

const sets: readonly Set[] = [
  {
    path: '/deviceManagement/managedDevices',
    type: 'managedDevice',
    texts: ['deviceName', 'model', 'serialNumber', 'userPrincipalName', 'userDisplayName', 'emailAddress', 'id'],
    nullable: ['userId'],
    moments: ['enrolledDateTime', 'lastSyncDateTime', 'managementCertificateExpirationDate'],
    truths: ['isEncrypted', 'isSupervised'],
    numbers: ['totalStorageSpaceInBytes', 'freeStorageSpaceInBytes'],
    enums: {
      complianceState: ['compliant', 'noncompliant', 'inGracePeriod', 'error'],
      managedDeviceOwnerType: ['company', 'personal', 'unknown'],
    },
    others: ["managedDeviceName ne 'x'", "managementAgent eq 'mdm'", 'azureADRegistered'],
  },
  {
    path: '/devices',
    type: 'device',
    texts: ['displayName', 'model', 'operatingSystemVersion', 'id'],
    nullable: [],
    moments: ['approximateLastSignInDateTime'],
    truths: ['isCompliant', 'isManaged'],
    numbers: [],
    enums: {},
    others: ["trustType eq 'AzureAd'", 'accountEnabled'],
  },
  {
    path: '/users',
    type: 'user',
    texts: ['displayName', 'userPrincipalName', 'id'],
    nullable: ['mail', 'department', 'jobTitle', 'country'],
    moments: ['createdDateTime'],
    truths: ['accountEnabled'],
    numbers: [],
    enums: {},
    others: ['length(displayName) gt 2', 'businessPhones/any()'],
  },
  {
    path: '/groups',
    type: 'group',
    texts: ['displayName', 'id'],
    nullable: ['description', 'membershipRule'],
    moments: ['createdDateTime'],
    truths: [],
    numbers: [],
    enums: {},
    others: ["groupTypes/any(c:c eq 'DynamicMembership')", 'mailEnabled'],
  },
  {
    path: '/deviceManagement/auditEvents',
    type: 'auditEvent',
    texts: ['activityType', 'category', 'componentName', 'id'],
    nullable: [],
    moments: ['activityDateTime'],
    truths: [],
    numbers: [],
    enums: {},
    others: ["resources/any(r:contains(r/displayName,'a'))", "actor/applicationDisplayName eq 'x'"],
  },
]

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`
const moment = fc.integer({ min: 1_799_900_000_000, max: 1_800_100_000_000 }).map((ms) => new Date(ms).toISOString())
const pick = (names: readonly string[]) => (names.length === 0 ? [] : [fc.constantFrom(...names)])

/** Filters of a set at random: what columns answer, what they do not, and both together. */
function filtersOf(set: Set): fc.Arbitrary<string> {
  const operator = fc.constantFrom('eq', 'ne', 'gt', 'ge', 'lt', 'le')
  const equality = fc.constantFrom('eq', 'ne')
  const texts = [...set.texts, ...set.nullable]
  const compared = (name: string, op: string, value: string, flipped: boolean) =>
    flipped ? `${value} ${op} ${name}` : `${name} ${op} ${value}`
  const leaves: fc.Arbitrary<string>[] = [
    fc.tuple(fc.constantFrom(...texts), operator, text.map(quoted), fc.boolean()).map((each) => compared(...each)),
    fc
      .tuple(fc.constantFrom('startsWith', 'endsWith', 'contains'), fc.constantFrom(...texts), text)
      .map(([test, name, part]) => `${test}(${name},${quoted(part)})`),
    fc
      .tuple(
        fc.constantFrom(...texts),
        fc.array(fc.oneof(text.map(quoted), fc.constant('null')), { minLength: 1, maxLength: 3 }),
      )
      .map(([name, values]) => `${name} in (${values.join(',')})`),
    fc.tuple(fc.constantFrom(...texts), operator).map(([name, op]) => `${name} ${op} null`),
    fc.constantFrom(...set.others),
    ...pick(set.moments).map((names) =>
      fc.tuple(names, operator, moment, fc.boolean()).map((each) => compared(...each)),
    ),
    ...pick(set.truths).map((names) =>
      fc.tuple(names, equality, fc.boolean()).map(([name, op, value]) => `${name} ${op} ${value}`),
    ),
    ...pick(set.truths).map((names) => names.map((name) => name)),
    ...pick(set.numbers).map((names) =>
      fc.tuple(names, operator, fc.integer({ min: 0, max: 3 })).map(([name, op, value]) => `${name} ${op} ${value}`),
    ),
    ...Object.entries(set.enums).map(([name, members]) =>
      fc.tuple(equality, fc.constantFrom(...members)).map(([op, member]) => `${name} ${op} '${member}'`),
    ),
  ]
  const { filter } = fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.oneof(...leaves),
      tie('filter').map((inner) => `not (${inner})`),
      fc.tuple(tie('filter'), tie('filter')).map(([a, b]) => `(${a}) and (${b})`),
      fc.tuple(tie('filter'), tie('filter')).map(([a, b]) => `(${a}) or (${b})`),
    ),
  }))
  return filter
}

const headers = { consistencylevel: 'eventual' }
let graph: GraphOffice
const ask = async (url: string): Promise<{ value: Entity[]; '@odata.count'?: number; '@odata.nextLink'?: string }> => {
  const { status, body } = await graph.answer({
    method: 'GET',
    url,
    authorization: graph.authorization,
    headers,
    body: undefined,
  })
  if (status !== 200) throw new Error(`${url}: ${JSON.stringify(body)}`)
  return body as { value: Entity[] }
}
const idOf = ({ id }: Entity): string => String(id)

/** All pages, of one another's size. */
async function pages(path: string, options: Record<string, string>): Promise<readonly Entity[]> {
  const all: Entity[] = []
  let next: string | undefined = `/beta${path}?${new URLSearchParams(options)}`
  while (next !== undefined) {
    const { value, '@odata.nextLink': link } = await ask(next)
    all.push(...value)
    next = link?.slice('https://localhost'.length)
  }
  return all
}

beforeAll(async () => {
  graph = await openGraph()
  await furnish(graph)
})
afterAll(() => graph?.[Symbol.asyncDispose]())

/** Rows that differ in all that filters ask for. */
async function furnish({ office }: GraphOffice): Promise<void> {
  const { store } = office
  // Nothing is due: the service would change what is asked about.
  const { nextEvaluationAtMs: _, ...made } = await office.device()
  await store.devices.put([made])
  for (const [index, word] of words.entries()) {
    const odd = index % 2 === 1
    await store.users.put({
      id: `u${index}`,
      userPrincipalName: `${word}@${index}`,
      displayName: word,
      accountEnabled: odd,
      createdAtMs: 1_800_000_000_000 + index,
      ...(odd ? { mail: word, department: words[(index * 7) % words.length] ?? '' } : { jobTitle: word }),
    })
    await store.groups.put({
      id: `g${index}`,
      displayName: word,
      createdAtMs: 1_800_000_000_000 - index,
      ...(odd ? { description: word } : { dynamic: { rule: word, members: 'user', processing: 'On' } }),
    })
    const { inventory } = made
    const { userId: _user, ...device } = made
    const states = ['compliant', 'noncompliant', 'inGracePeriod'] as const
    await store.devices.put([
      {
        ...device,
        id: `d${index}`,
        directoryId: `e${index}`,
        ...(index % 3 === 0 ? {} : { userId: index % 3 === 1 ? `u${index}` : 'nobody' }),
        lifecycle: index % 5 === 4 ? 'retired' : 'managed',
        complianceState: states[index % 3] ?? 'compliant',
        ownership: odd ? 'company' : 'personal',
        enrolledAtMs: 1_800_000_000_000 + (index % 4),
        lastSyncAtMs: 1_800_000_000_000 - index * 1_000,
        inventory: {
          ...inventory,
          deviceName: word,
          hardware: {
            ...inventory.hardware,
            model: words[(index * 4) % words.length] ?? '',
            totalStorageBytes: index % 4,
          },
          posture: { ...inventory.posture, encrypted: odd },
        },
      },
    ])
    await store.audit.append([
      {
        id: `a${index}`,
        atMs: 1_800_000_000_000 + (index % 4),
        activityType: word,
        operation: 'Patch',
        result: 'Success',
        category: 'Other',
        componentName: word,
        actor: { type: 'application', id: 'x', displayName: 'x' },
        correlationId: '',
        resources: [{ id: '', type: '', displayName: word, modifiedProperties: [] }],
      },
    ])
  }
}

async function expectAsInMemory({ path, type }: Set, all: readonly Entity[], filter: string): Promise<void> {
  const types = typesOf('beta')
  const expected = all.filter(compileFilter(parseFilter(filter, types.shape(type), types), type)).map(idOf)
  const page = await ask(`/beta${path}?${new URLSearchParams({ $filter: filter, $count: 'true', $top: '999' })}`)
  expect([filter, page.value.map(idOf)]).toEqual([filter, expected])
  expect(page['@odata.count']).toBe(expected.length)
}

describe.each(sets)('$path', (set) => {
  it('is filtered by the store as it is in memory', async () => {
    const all = await pages(set.path, { $top: '999' })
    expect(all.length).toBeGreaterThan(10)
    await fc.assert(
      fc.asyncProperty(filtersOf(set), (filter) => expectAsInMemory(set, all, filter)),
      { numRuns: 150 },
    )
  }, 60_000)

  it('and so it is where each text is compared with the empty one', async () => {
    const all = await pages(set.path, { $top: '999' })
    for (const text of [...set.texts, ...set.nullable]) {
      for (const operator of ['eq', 'ne', 'gt', 'ge', 'lt', 'le'])
        await expectAsInMemory(set, all, `${text} ${operator} ''`)
      for (const test of ['startsWith', 'endsWith', 'contains']) await expectAsInMemory(set, all, `${test}(${text},'')`)
    }
  }, 60_000)

  it('comes page by page in order, each entity once, whatever it is ordered by', async () => {
    const all = (await pages(set.path, { $top: '999' })).map(idOf)
    const names = [...set.texts, ...set.nullable, ...set.moments, ...set.truths, ...Object.keys(set.enums)]
    const key = fc.tuple(fc.constantFrom(...names), fc.constantFrom('', ' desc')).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat({ max: 5 }),
        async (keys, top, skip) => {
          const whole = await pages(set.path, { $orderby: keys.join(','), $top: '999' })
          const some = await pages(set.path, { $orderby: keys.join(','), $top: String(top), $skip: String(skip) })
          expect(whole.map(idOf).toSorted()).toEqual(all.toSorted())
          expect(some.map(idOf)).toEqual(whole.map(idOf).slice(skip))
        },
      ),
      { numRuns: 25 },
    )
  }, 60_000)
})

describe('a skip token', () => {
  const first = async (path: string): Promise<string> => {
    const { '@odata.nextLink': link } = await ask(`/beta${path}`)
    return String(link)
  }
  const statusOf = async (url: string): Promise<number> =>
    (await graph.answer({ method: 'GET', url, authorization: graph.authorization, headers, body: undefined })).status

  it('is for its query alone, and for nobody to make', async () => {
    const link = new URL(await first("/users?$top=2&$orderby=displayName&$filter=startsWith(id,'u')"))
    expect(link.origin).toBe('https://localhost')
    const token = String(link.searchParams.get('$skiptoken'))
    expect(await statusOf(link.pathname + link.search)).toBe(200)
    const swapped = token.replace(/^./, (char) => (char === 'A' ? 'B' : 'A'))
    for (const query of [
      `$top=2&$skiptoken=${token}`,
      `$top=2&$orderby=displayName desc&$filter=startsWith(id,'u')&$skiptoken=${token}`,
      `$top=2&$orderby=displayName&$filter=startsWith(id,'u')&$skiptoken=${swapped}`,
      '$skiptoken=x',
      `$skiptoken=${'x'.repeat(10_000)}`,
    ])
      expect(await statusOf(`/beta/users?${query}`)).toBe(400)
    expect(
      await statusOf(`/beta/groups?$top=2&$orderby=displayName&$filter=startsWith(id,'u')&$skiptoken=${token}`),
    ).toBe(400)
  })

  it.each(['/users?$top=3&$orderby=displayName', '/users?$top=3'])(
    'shows each entity once though others come and go: %s',
    async (path) => {
      const { store } = graph.office
      const before = (await pages('/users', { $top: '999' })).map(idOf)
      const seen: string[] = []
      let next: string | undefined = `/beta${path}`
      for (let round = 0; next !== undefined; round++) {
        const { value, '@odata.nextLink': link } = (await ask(next)) as { value: Entity[]; '@odata.nextLink'?: string }
        seen.push(...value.map(idOf))
        const user = await store.users.get('u3')
        if (user)
          await store.users.put({ ...user, id: `zz${round}`, userPrincipalName: `zz${round}`, displayName: 'b' })
        if (round > 0) await store.users.delete(`zz${round - 1}`)
        next = link?.slice('https://localhost'.length)
      }
      expect(new Set(seen).size).toBe(seen.length)
      expect(before.filter((id) => !seen.includes(id))).toEqual([])
      for (const { id } of await store.users.list()) if (id.startsWith('zz')) await store.users.delete(id)
    },
  )
})
