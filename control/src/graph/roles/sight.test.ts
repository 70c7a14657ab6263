import fc from 'fast-check'
import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import type { Entity } from '../../../test-support/graph.ts'
import { openPeople, type People } from '../../../test-support/people.ts'
import type { Device, Policy } from '../../domain/model.ts'

const DEVICES = '/deviceManagement/managedDevices'
const POLICIES = '/deviceManagement/compliancePolicies'
const FILTERS = '/deviceManagement/assignmentFilters'
const SCRIPTS = '/deviceManagement/deviceManagementScripts'
const REPORTS = '/deviceManagement/reports'

const RESOURCES = ['ManagedDevices', 'DeviceCompliancePolices', 'AssignmentFilter', 'DeviceConfigurations'] as const
type Resource = (typeof RESOURCES)[number]

/** Numbers of tags, 0 the default one; of groups; and what each assignment lets its holder read with which tags. */
interface Tenant {
  readonly devices: readonly { readonly own: readonly number[]; readonly groups: readonly number[] }[]
  /** Tags that each group gives to its devices. */
  readonly groups: readonly (readonly number[])[]
  readonly objects: readonly (readonly number[])[]
  readonly assignments: readonly { readonly reads: readonly Resource[]; readonly tags: readonly number[] }[]
}

const few = (max: number) => fc.uniqueArray(fc.integer({ min: 0, max }), { maxLength: 2 })
const real = fc.uniqueArray(fc.integer({ min: 1, max: 2 }), { maxLength: 2 })
const tenants: fc.Arbitrary<Tenant> = fc.record({
  devices: fc.array(fc.record({ own: few(2), groups: few(1) }), { minLength: 3, maxLength: 5 }),
  groups: fc.tuple(real, real),
  objects: fc.array(few(2), { minLength: 3, maxLength: 4 }),
  assignments: fc.array(fc.record({ reads: fc.subarray([...RESOURCES], { minLength: 1 }), tags: few(2) }), {
    minLength: 1,
    maxLength: 3,
  }),
})

/** The model: what has no tag has the default one; an assignment without one is for everything. */
const isSeen = ({ assignments }: Tenant, resource: Resource, tags: readonly number[]): boolean =>
  assignments.some(
    ({ reads, tags: wanted }) =>
      reads.includes(resource) &&
      (wanted.length === 0 || (tags.length === 0 ? [0] : tags).some((tag) => wanted.includes(tag))),
  )

interface Made {
  readonly people: People
  readonly devices: readonly Device[]
  readonly policies: readonly Policy[]
  readonly filters: readonly string[]
  readonly scripts: readonly string[]
}

async function make(people: People, tenant: Tenant): Promise<Made> {
  const { graph } = people
  const tags = ['0', await people.tag('north'), await people.tag('south')]
  const ids = (numbers: readonly number[]): string[] => numbers.map((number) => tags[number] ?? '')
  const devices: Device[] = []
  for (const _ of tenant.devices) devices.push(await graph.office.device())
  for (const [index, given] of tenant.groups.entries()) {
    const members = devices.filter((_, each) => tenant.devices[each]?.groups.includes(index))
    const target = {
      '@odata.type': '#microsoft.graph.groupAssignmentTarget',
      groupId: await people.group(`group ${index}`, ...members),
    }
    for (const tag of ids(given)) {
      const path = `/deviceManagement/roleScopeTags/${tag}`
      const { value } = await graph.get<{ value: Entity[] }>(`${path}/assignments`)
      const assignments = [...value.map((each) => ({ target: each['target'] })), { target }]
      await graph.post(`${path}/assign`, { assignments })
    }
  }
  for (const [index, { own }] of tenant.devices.entries())
    await graph.ask('PATCH', `${DEVICES}/${devices[index]?.id}`, { roleScopeTagIds: ids(own) })
  const [policies, filters, scripts] = [[] as Policy[], [] as string[], [] as string[]]
  for (const [index, given] of tenant.objects.entries()) {
    const roleScopeTagIds = ids(given)
    policies.push(await graph.office.policy({ name: `policy-${index}-${given}`, scopeTagIds: roleScopeTagIds }))
    const filter = { displayName: `filter-${index}`, platform: 'linux', rule: '(device.model -ne "x")' }
    filters.push(String((await graph.post<Entity>(FILTERS, { ...filter, roleScopeTags: roleScopeTagIds }))['id']))
    const script = { displayName: `script-${index}`, fileName: 'a', runAsAccount: 'system', scriptContent: 'ZQ==' }
    scripts.push(String((await graph.post<Entity>(SCRIPTS, { ...script, roleScopeTagIds }))['id']))
  }
  for (const device of devices) await graph.office.visit(device)
  const help = await people.group('help')
  await people.person('eve', help)
  for (const { reads, tags: wanted } of tenant.assignments) {
    const rights = reads.flatMap((name) => [
      `${name}_Read`,
      ...(name === 'AssignmentFilter' ? [] : [`${name}_ViewReports`]),
      ...(name === 'ManagedDevices' ? ['Audit_Read'] : []),
    ])
    await people.give(await people.role(...rights), help, { roleScopeTagIds: ids(wanted) })
  }
  return { people, devices, policies, filters, scripts }
}

/** Everything that somebody can ask to learn of devices and objects. */
const questions = ({ devices, policies, filters, scripts }: Made): readonly (readonly [string, string, Entity?])[] => {
  const collections: (readonly [string, readonly string[]])[] = [
    [DEVICES, devices.map(({ id }) => id)],
    [POLICIES, policies.map(({ id }) => id)],
    [FILTERS, filters],
    [SCRIPTS, scripts],
  ]
  const lists = collections.flatMap(([path, ids]): (readonly [string, string, Entity?])[] => [
    ['GET', path],
    ['GET', `${path}?$top=1&$count=true`],
    ['GET', `${path}/$count`],
    ...ids.map((id) => ['GET', `${path}/${id}`] as const),
    ...ids.map((id) => ['GET', `${path}?$filter=id eq '${id}'`] as const),
  ])
  return [
    ...lists,
    ...devices.flatMap(({ id, userId }) => [
      ['GET', `/users/${userId}/managedDevices`] as const,
      ['GET', `/users/${userId}/managedDevices/${id}`] as const,
      ['GET', `${DEVICES}/${id}/deviceCompliancePolicyStates`] as const,
      ['GET', `${DEVICES}/${id}?$expand=deviceCompliancePolicyStates`] as const,
    ]),
    ['GET', `${DEVICES}?$expand=deviceCompliancePolicyStates`],
    ...policies.flatMap(({ id }) => [
      ['GET', `${POLICIES}/${id}/deviceStatuses`] as const,
      ['GET', `${POLICIES}/${id}/assignments`] as const,
    ]),
    ['GET', `${POLICIES}?$expand=assignments`],
    ['GET', '/deviceManagement?$expand=managedDevices'],
    ['GET', '/deviceManagement/detectedApps'],
    ['GET', '/deviceManagement/detectedApps?$expand=managedDevices'],
    ['GET', '/deviceManagement/managedDeviceOverview'],
    ['GET', '/deviceManagement/managedDeviceEncryptionStates'],
    ['GET', `${DEVICES}?$expand=users,detectedApps`],
    ['GET', '/deviceManagement/roleAssignments?$expand=roleDefinition,roleScopeTags'],
    ['GET', '/deviceManagement/deviceCompliancePolicies/getDevicesScheduledToRetire'],
    [
      'POST',
      '/deviceManagement/evaluateAssignmentFilter',
      { data: { platform: 'linux', rule: '(device.model -ne "x")' } },
    ],
    ['POST', `${REPORTS}/getDeviceNonComplianceReport`, {}],
    ['POST', `${REPORTS}/getDevicesWithoutCompliancePolicyReport`, {}],
    ['POST', `${REPORTS}/getCompliancePolicyNonComplianceReport`, {}],
    ['POST', `${REPORTS}/getCompliancePolicyNonComplianceSummaryReport`, {}],
    [
      'POST',
      '/$batch',
      { requests: devices.map(({ id }, index) => ({ id: `${index}`, method: 'GET', url: `${DEVICES}/${id}` })) },
    ],
  ]
}

/** What a person's export has, or the status of its refusal. */
async function exported({ graph, as }: People, reportName: string): Promise<string> {
  const job = await as('eve', 'POST', `${REPORTS}/exportJobs`, { reportName, format: 'json' })
  if (job.status !== 201) return String(job.status)
  await graph.control.background.idle()
  const { body } = await as('eve', 'GET', `${REPORTS}/exportJobs('${job.body['id']}')`)
  const url = new URL(String(body['url']))
  const { body: bytes } = await graph.raw('GET', `${url.pathname}${url.search}`, undefined)
  return strFromU8(Object.values(unzipSync(bytes as unknown as Uint8Array))[0] ?? new Uint8Array())
}

/** A collection, what is in it, and what of that the model lets somebody see. */
interface Expected {
  readonly path: string
  readonly mayAtAll: boolean
  readonly all: readonly string[]
  readonly visible: readonly string[]
}

function expectedOf(tenant: Tenant, made: Made): readonly Expected[] {
  const deviceTags = tenant.devices.map(({ own, groups }) => [
    // The default tag by itself is as good as none.
    ...(own.every((tag) => tag === 0) ? [] : own),
    ...groups.flatMap((group) => tenant.groups[group] ?? []),
  ])
  const expect = (path: string, resource: Resource, all: readonly string[], tags: Tenant['objects']): Expected => ({
    path,
    mayAtAll: tenant.assignments.some(({ reads }) => reads.includes(resource)),
    all,
    visible: all.filter((_, index) => isSeen(tenant, resource, tags[index] ?? [])),
  })
  const ids = (entities: readonly { readonly id: string }[]): string[] => entities.map(({ id }) => id)
  return [
    expect(DEVICES, 'ManagedDevices', ids(made.devices), deviceTags),
    expect(POLICIES, 'DeviceCompliancePolices', ids(made.policies), tenant.objects),
    expect(FILTERS, 'AssignmentFilter', made.filters, tenant.objects),
    expect(SCRIPTS, 'DeviceConfigurations', made.scripts, tenant.objects),
  ]
}

async function checkShown({ as }: People, { path, mayAtAll, all, visible }: Expected): Promise<void> {
  const { status, body } = await as('eve', 'GET', `${path}?$count=true`)
  expect([path, status]).toEqual([path, mayAtAll ? 200 : 403])
  if (mayAtAll) {
    expect((body['value'] as Entity[]).map(({ id }) => String(id)).toSorted()).toEqual(visible.toSorted())
    expect(body['@odata.count']).toBe(visible.length)
  }
  for (const id of all) {
    const one = await as('eve', 'GET', `${path}/${id}`)
    const wanted = visible.includes(id) ? 200 : 404
    expect([path, one.status]).toEqual([path, mayAtAll ? wanted : 403])
  }
}

/** Everything that is answered, by the question. */
async function answersOf(made: Made): Promise<ReadonlyMap<string, string>> {
  const answers = new Map<string, string>()
  for (const [method, path, body] of questions(made)) {
    const { status, body: answered } = await made.people.as('eve', method, path, body)
    expect([path, status]).not.toEqual([path, 500])
    answers.set(`${method} ${path} ${JSON.stringify(body ?? {})}`, JSON.stringify(answered))
  }
  for (const reportName of ['Devices', 'DeviceCompliance', 'DeviceStatusesByCompliancePolicy'])
    answers.set(reportName, await exported(made.people, reportName))
  return answers
}

describe('what somebody sees by tags', () => {
  it('is what a model of them says, whichever way it is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(tenants, async (tenant) => {
        await using people = await openPeople()
        const made = await make(people, tenant)
        const expected = expectedOf(tenant, made)
        for (const each of expected) await checkShown(people, each)
        const hidden = new Set(expected.flatMap(({ all, visible }) => all.filter((id) => !visible.includes(id))))
        const secrets = [
          ...hidden,
          ...made.devices.filter(({ id }) => hidden.has(id)).map(({ inventory }) => inventory.deviceName),
          ...made.policies.filter(({ id }) => hidden.has(id)).map(({ name }) => name),
        ]
        for (const [question, answer] of await answersOf(made)) {
          // What was asked for by name stands in the answer.
          const told = secrets.filter((secret) => answer.includes(`${secret}`) && !question.includes(secret))
          expect([question, told]).toEqual([question, []])
        }
        // Audit events are for who may read them, by the tags of what they are about.
        const { body } = await people.as('eve', 'GET', '/deviceManagement/auditEvents')
        const audited = JSON.stringify(body)
        for (const [index, id] of [...made.filters, ...made.scripts].entries()) {
          const tags = tenant.objects[index % tenant.objects.length] ?? []
          expect(audited.includes(id)).toBe(isSeen(tenant, 'ManagedDevices', tags))
        }
      }),
      { numRuns: 12 },
    )
  }, 120_000)

  it('is for the reports of others as for the rest: an export is for who asked for it', async () => {
    await using people = await openPeople()
    await people.graph.office.device()
    const help = await people.group('help')
    await people.person('eve', help)
    await people.give(await people.role('ManagedDevices_ViewReports'), help, {
      roleScopeTagIds: [await people.tag('x')],
    })
    const jobs = `${REPORTS}/exportJobs`
    const job = String((await people.graph.post<Entity>(jobs, { reportName: 'Devices' }))['id'])
    expect((await people.as('eve', 'GET', `${jobs}/${job}`)).status).toBe(404)
    expect((await people.as('eve', 'DELETE', `${jobs}/${job}`)).status).toBe(404)
    const own = await people.as('eve', 'POST', jobs, { reportName: 'Devices' })
    expect(await people.idsFor('eve', jobs)).toEqual([String(own.body['id'])])
    expect((await people.as('eve', 'POST', jobs, { reportName: 'DeviceCompliance' })).status).toBe(403)
    expect((await people.as('eve', 'POST', `${REPORTS}/getConfigurationPolicyNonComplianceReport`, {})).status).toBe(
      403,
    )
  })
})
