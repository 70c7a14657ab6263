import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import { updateDynamicGroupsOfUsers } from '../../app/dynamic-groups.ts'
import type { Store, Tables } from '../../app/ports.ts'
import type { Device, User } from '../../domain/model.ts'
import { badBody, parseBody } from '../body.ts'
import { entityAnswer, memoryPage, pageAnswer, wantedOf } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
  type Yields,
} from '../graph-request.ts'
import type { EntityValue } from '../model/read-entity.ts'
import { type RowSource, rowPageOf } from '../odata/row-page.ts'
import { publishFrom } from '../publishing.ts'
import { furtherOf, readWritten } from '../written.ts'
import { Reference, referredId } from './directory-references.ts'
import { iso } from './managed-device.ts'

/** A user as Graph shows it. */
export const userEntity = (user: User): Readonly<Record<string, unknown>> => ({
  id: user.id,
  userPrincipalName: user.userPrincipalName,
  displayName: user.displayName,
  mail: user.mail ?? null,
  accountEnabled: user.accountEnabled,
  department: user.department ?? null,
  jobTitle: user.jobTitle ?? null,
  country: user.country ?? null,
  preferredLanguage: user.preferredLanguage ?? null,
  createdDateTime: iso(user.createdAtMs),
  assignedLicenses: (user.licences ?? []).map(({ skuId, disabledPlans }) => ({ disabledPlans, skuId })),
  ...user.further,
})

const fields = {
  userPrincipalName: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be a name with a domain')
    .max(200),
  displayName: z.string().min(1).max(256),
  accountEnabled: z.boolean(),
  mail: z.string().max(200).nullish(),
  department: z.string().max(64).nullish(),
  jobTitle: z.string().max(128).nullish(),
  country: z.string().max(128).nullish(),
  preferredLanguage: z.string().max(20).nullish(),
}
const UserShape = z.object({ ...fields, accountEnabled: fields.accountEnabled.default(true) })
const UserPatch = z.object(fields).partial()
/** Passwords are nobody's to keep here, and licences have an action of their own. */
const acted: ReadonlySet<string> = new Set([...Object.keys(fields), 'passwordProfile', 'assignedLicenses'])

/** What a write makes of a user: `null` takes a property away. */
function withGiven(
  base: Pick<User, 'id' | 'createdAtMs'> & Partial<User>,
  given: z.infer<typeof UserPatch>,
  written: EntityValue,
): User {
  if ('assignedLicenses' in written) badBody('licences are given by assignLicense', 'assignedLicenses')
  const { further: had, ...rest } = base
  const further = furtherOf(had, written, acted)
  const merged = Object.entries({ ...rest, ...given }).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries([...merged, ...(further ? [['further', further]] : [])]) as unknown as User
}

async function refuseTaken(tables: Tables, user: User): Promise<void> {
  const holders = await tables.users.findByPrincipalName([user.userPrincipalName])
  if (holders.some(({ id }) => id !== user.id)) {
    throw new CodedError(
      'graph/duplicate',
      'Another object with the same value for property userPrincipalName already exists.',
      { at: 'userPrincipalName' },
    )
  }
}

export async function userOf(tables: Pick<Tables, 'users'>, { params }: GraphRequest): Promise<User> {
  const id = params['id'] ?? ''
  return (await tables.users.get(id)) ?? (await tables.users.findByPrincipalName([id]))[0] ?? notFound('User', id)
}

const audit = (
  request: GraphRequest,
  operation: 'Create' | 'Patch' | 'Delete',
  before: User | undefined,
  after: User | undefined,
) => {
  const { id, displayName } = after ?? before ?? { id: '', displayName: '' }
  return auditOf(
    request,
    { activityType: `${operation} User`, operation, category: 'Other', componentName: 'Directory' },
    {
      id,
      type: 'User',
      displayName,
      modifiedProperties: modifiedProperties(before && userEntity(before), after && userEntity(after)),
    },
  )
}

const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store, ids, clock } = request.control.deps
  const written = readWritten(request, 'user', 'create')
  const user = withGiven({ id: ids.guid(), createdAtMs: clock.nowMs() }, parseBody(UserShape, written), written)
  await store.transaction(async (tables) => {
    await refuseTaken(tables, user)
    await tables.users.put(user)
    await updateDynamicGroupsOfUsers(tables, [user])
    await tables.audit.append([audit(request, 'Create', undefined, user)])
  })
  return entityAnswer(request, 'users', userEntity(user), 201)
}

/** Devices of a user: their groups, and whether their user exists, decide on what they hold and how they stand. */
async function devicesOf(tables: Tables, user: User): Promise<readonly Device[]> {
  return tables.devices.ofUsers([user.id])
}

const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  const written = readWritten(request, 'user', 'patch')
  const given = parseBody(UserPatch, written)
  await publishFrom(request, undefined, async (tables) => {
    const before = await userOf(tables, request)
    const after = withGiven(before, given, written)
    await refuseTaken(tables, after)
    const devices = await devicesOf(tables, before)
    await tables.users.put(after)
    await updateDynamicGroupsOfUsers(tables, [after])
    return { audit: audit(request, 'Patch', before, after), devices, evaluate: true, answer: undefined }
  })
  return answer(204)
}

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await publishFrom(request, undefined, async (tables) => {
    const user = await userOf(tables, request)
    const devices = await devicesOf(tables, user)
    await leaveReports(tables, user.id)
    for (const group of await tables.groups.list())
      if (group.ownerIds?.includes(user.id))
        await tables.groups.put({ ...group, ownerIds: group.ownerIds.filter((id) => id !== user.id) })
    for (const groupId of (await tables.groups.groupsOf([user.id])).get(user.id) ?? [])
      await tables.groups.remove(groupId, [user.id])
    await tables.users.delete(user.id)
    return { audit: audit(request, 'Delete', user, undefined), devices, evaluate: true, answer: undefined }
  })
  return answer(204)
}

const reportsOf = async (tables: Pick<Tables, 'users'>, managerId: string): Promise<readonly User[]> =>
  (await tables.users.list()).filter((user) => user.managerId === managerId)

/** Nobody is managed by who is not there. */
async function leaveReports(tables: Tables, managerId: string): Promise<void> {
  const reports = (await reportsOf(tables, managerId)).map(({ managerId: _, ...user }): User => user)
  for (const report of reports) await tables.users.put(report)
  await updateDynamicGroupsOfUsers(tables, reports)
}

/** Who manages a user decides on the groups of a manager's direct reports. */
async function changeManager(
  request: GraphRequest,
  managerOf: (tables: Tables) => Promise<string | undefined>,
): Promise<GraphAnswer> {
  await publishFrom(request, undefined, async (tables) => {
    const before = await userOf(tables, request)
    const { managerId: _, ...rest } = before
    const managerId = await managerOf(tables)
    const after: User = managerId === undefined ? rest : { ...rest, managerId }
    await tables.users.put(after)
    await updateDynamicGroupsOfUsers(tables, [after])
    const change = auditOf(
      request,
      { activityType: 'Patch User', operation: 'Patch', category: 'Other', componentName: 'Directory' },
      {
        id: after.id,
        type: 'User',
        displayName: after.displayName,
        modifiedProperties: modifiedProperties({ manager: before.managerId }, { manager: after.managerId }),
      },
    )
    return { audit: change, devices: await devicesOf(tables, after), answer: undefined }
  })
  return answer(204)
}

const setManager = (request: GraphRequest): Promise<GraphAnswer> => {
  const id = referredId(parseBody(Reference, request.body)['@odata.id'])
  return changeManager(request, async (tables) => (await tables.users.get(id))?.id ?? notFound('User', id))
}

const getManager = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { users } = request.control.deps.store
  const { id, managerId } = await userOf({ users }, request)
  const manager = managerId === undefined ? undefined : await users.get(managerId)
  if (!manager) return notFound('manager', id)
  return entityAnswer(request, 'directoryObjects', { '@odata.type': '#microsoft.graph.user', ...userEntity(manager) })
}

const listReports = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const reports = await reportsOf(store, (await userOf(store, request)).id)
  return memoryPage(
    request,
    'directoryObjects',
    reports.map((user) => ({ '@odata.type': '#microsoft.graph.user', ...userEntity(user) })),
  )
}

const columns = {
  id: 'id',
  userprincipalname: 'userPrincipalName',
  displayname: 'displayName',
  mail: 'mail',
  department: 'department',
  jobtitle: 'jobTitle',
  country: 'country',
  preferredlanguage: 'preferredLanguage',
  accountenabled: 'accountEnabled',
  createddatetime: 'createdAtMs',
} as const

const rowsOf = ({ users }: Store): RowSource<User, (typeof columns)[keyof typeof columns]> => ({
  columns,
  query: users.query,
  count: users.count,
  entities: async (rows) => rows.map(userEntity),
})

const USER: Yields = { type: 'user', pageSize: { default: 100, max: 999 }, isDirectory: true }

export const userRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/users',
    role: 'User.Read.All',
    of: { ...USER, many: true },
    handle: async (request) =>
      pageAnswer(request, 'users', await rowPageOf(rowsOf(request.control.deps.store), wantedOf(request))),
  },
  { method: 'POST', path: '/users', role: 'User.ReadWrite.All', handle: create },
  {
    method: 'GET',
    path: '/users/{id}',
    role: 'User.Read.All',
    of: USER,
    handle: async (request) =>
      entityAnswer(request, 'users', userEntity(await userOf(request.control.deps.store, request))),
  },
  { method: 'PATCH', path: '/users/{id}', role: 'User.ReadWrite.All', handle: update },
  { method: 'DELETE', path: '/users/{id}', role: 'User.ReadWrite.All', handle: remove },
  { method: 'GET', path: '/users/{id}/manager', role: 'User.Read.All', of: { type: 'user' }, handle: getManager },
  { method: 'PUT', path: '/users/{id}/manager/$ref', role: 'User.ReadWrite.All', handle: setManager },
  {
    method: 'DELETE',
    path: '/users/{id}/manager/$ref',
    role: 'User.ReadWrite.All',
    handle: (request) => changeManager(request, async () => undefined),
  },
  {
    method: 'GET',
    path: '/users/{id}/directReports',
    role: 'User.Read.All',
    of: { type: 'user', many: true },
    handle: listReports,
  },
]
