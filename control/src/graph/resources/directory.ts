import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import { updateDynamicGroupsOf, updateDynamicGroupsOfUsers } from '../../app/dynamic-groups.ts'
import type { MemberTuple } from '../../app/ports.ts'
import { publish } from '../../app/publish-policy.ts'
import type { Device, Group, User } from '../../domain/model.ts'
import { parseMembershipRule } from '../../domain/rules/index.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  notFound,
  orRefuse,
} from '../graph-request.ts'
import { iso } from './managed-device.ts'
import { badBody } from './policy-shape.ts'

type Entity = Readonly<Record<string, unknown>>

function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  return badBody(issue?.message ?? 'another body was expected', issue?.path.join('.') ?? '')
}

const userEntity = (user: User): Entity => ({
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
})

const UserShape = z.object({
  userPrincipalName: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be a name with a domain')
    .max(200),
  displayName: z.string().min(1).max(256),
  accountEnabled: z.boolean().default(true),
  mail: z.string().max(200).nullish(),
  department: z.string().max(64).nullish(),
  jobTitle: z.string().max(128).nullish(),
  country: z.string().max(128).nullish(),
  preferredLanguage: z.string().max(20).nullish(),
})

const createUser = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store, ids, clock } = request.control.deps
  const wanted = parse(UserShape, request.body)
  const given = Object.fromEntries(
    Object.entries(wanted).filter(([, value]) => value !== null && value !== undefined),
  ) as Omit<User, 'id' | 'createdAtMs'>
  const user: User = { id: ids.guid(), createdAtMs: clock.nowMs(), ...given }
  await store.transaction(async (tables) => {
    if ((await tables.users.findByPrincipalName([user.userPrincipalName])).length > 0) {
      throw new CodedError(
        'graph/duplicate',
        'Another object with the same value for property userPrincipalName already exists.',
      )
    }
    await tables.users.put(user)
    await updateDynamicGroupsOfUsers(tables, [user])
    await tables.audit.append([directoryAudit(request, 'Create', 'User', user.id, user.displayName)])
  })
  return entityAnswer(request, 'users', userEntity(user), 201)
}

const directoryAudit = (
  request: GraphRequest,
  operation: 'Create' | 'Patch' | 'Delete',
  type: string,
  id: string,
  displayName: string,
) =>
  auditOf(
    request,
    { activityType: `${operation} ${type}`, operation, category: 'Other', componentName: 'Directory' },
    { id, type, displayName, modifiedProperties: [] },
  )

const groupEntity = (group: Group): Entity => ({
  id: group.id,
  displayName: group.displayName,
  description: group.description ?? null,
  groupTypes: group.dynamic ? ['DynamicMembership'] : [],
  membershipRule: group.dynamic?.rule ?? null,
  membershipRuleProcessingState: group.dynamic?.processing ?? null,
  securityEnabled: true,
  mailEnabled: false,
  createdDateTime: iso(group.createdAtMs),
})

const GroupShape = z.object({
  displayName: z.string().min(1).max(256),
  description: z.string().max(1_024).nullish(),
  groupTypes: z.array(z.string()).default([]),
  membershipRule: z.string().nullish(),
  membershipRuleProcessingState: z.enum(['On', 'Paused']).default('On'),
  'members@odata.bind': z.array(z.string()).max(20).default([]),
})

/** A change of memberships changes who is targeted. */
async function publishGroup(
  request: GraphRequest,
  operation: 'Create' | 'Patch' | 'Delete',
  group: Group,
  write: Parameters<typeof publish>[3],
): Promise<void> {
  const { control, correlationId } = request
  const { store, clock, ids } = control.deps
  const audit = directoryAudit(request, operation, 'Group', group.id, group.displayName)
  const deps = {
    store,
    planning: control.planning,
    clock,
    ids,
    signals: control.signals,
    poke: control.poke,
    relay: () => control.relay.wake(),
  }
  await publish(deps, { correlationId, audit }, undefined, write)
}

const createGroup = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { ids, clock } = request.control.deps
  const wanted = parse(GroupShape, request.body)
  const isDynamic = wanted.groupTypes.includes('DynamicMembership')
  if (isDynamic !== Boolean(wanted.membershipRule))
    badBody('a dynamic group, and only one, has a membershipRule', 'membershipRule')
  const rule = wanted.membershipRule ? orRefuse(parseMembershipRule(wanted.membershipRule)) : undefined
  const group: Group = {
    id: ids.guid(),
    displayName: wanted.displayName,
    ...(wanted.description ? { description: wanted.description } : {}),
    createdAtMs: clock.nowMs(),
    ...(rule && wanted.membershipRule
      ? {
          dynamic: {
            rule: wanted.membershipRule,
            members: rule.members,
            processing: wanted.membershipRuleProcessingState,
          },
        }
      : {}),
  }
  const members = await membersOf(request, wanted['members@odata.bind'])
  await publishGroup(request, 'Create', group, async (tables) => {
    await tables.groups.put(group)
    await tables.groups.add(group.id, members)
    if (group.dynamic?.members === 'user') await updateDynamicGroupsOfUsers(tables, await tables.users.list())
    if (group.dynamic?.members === 'device') {
      for (let after: string | undefined; ; ) {
        const page = await tables.devices.page({ limit: 1_000, ...(after === undefined ? {} : { after }) })
        await updateDynamicGroupsOf(tables, page)
        after = page.at(-1)?.id
        if (page.length < 1_000) break
      }
    }
  })
  return entityAnswer(request, 'groups', groupEntity(group), 201)
}

async function groupOf({ control, params }: GraphRequest): Promise<Group> {
  const id = params['id'] ?? ''
  return (await control.deps.store.groups.get(id)) ?? notFound('Group', id)
}

/** References such as `https://…/directoryObjects/{id}`: users by id, devices by their directory id. */
async function membersOf({ control }: GraphRequest, references: readonly string[]): Promise<readonly MemberTuple[]> {
  const { store } = control.deps
  const members: MemberTuple[] = []
  for (const reference of references) {
    const id = reference.split('/').at(-1) ?? ''
    const user = await store.users.get(id)
    const { rows } = user
      ? { rows: [] }
      : await store.devices.query({ filter: { op: 'eq', column: 'directoryId', value: id }, orderBy: [], limit: 1 })
    const device = rows[0]
    if (user) members.push({ type: 'user', id: user.id })
    else if (device) members.push({ type: 'device', id: device.id })
    else badBody(`there is no user or device ${id}`, '@odata.id')
  }
  return members
}

const addMember = async (request: GraphRequest): Promise<GraphAnswer> => {
  const group = await groupOf(request)
  if (group.dynamic) badBody('members of a dynamic group follow from its rule', 'membershipRule')
  const { '@odata.id': reference } = parse(z.object({ '@odata.id': z.string() }), request.body)
  const members = await membersOf(request, [reference])
  await publishGroup(request, 'Patch', group, (tables) => tables.groups.add(group.id, members))
  return answer(204)
}

/** `members@odata.bind` in a PATCH adds up to twenty members at once. */
const updateGroup = async (request: GraphRequest): Promise<GraphAnswer> => {
  const group = await groupOf(request)
  const body = parse(
    z.object({
      'members@odata.bind': z.array(z.string()).max(20).default([]),
      displayName: z.string().min(1).max(256).optional(),
    }),
    request.body,
  )
  const members = await membersOf(request, body['members@odata.bind'])
  await publishGroup(request, 'Patch', group, async (tables) => {
    await tables.groups.put({ ...group, displayName: body.displayName ?? group.displayName })
    await tables.groups.add(group.id, members)
  })
  return answer(204)
}

const removeMember = async (request: GraphRequest): Promise<GraphAnswer> => {
  const group = await groupOf(request)
  const members = await membersOf(request, [request.params['member'] ?? ''])
  await publishGroup(request, 'Patch', group, (tables) =>
    tables.groups.remove(
      group.id,
      members.map(({ id }) => id),
    ),
  )
  return answer(204)
}

const listMembers = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const members = await store.groups.members((await groupOf(request)).id)
  const ofType = (type: MemberTuple['type']): string[] =>
    members.filter((member) => member.type === type).map(({ id }) => id)
  const [users, devices] = await Promise.all([
    store.users.getMany(ofType('user')),
    store.devices.getMany(ofType('device')),
  ])
  return memoryPage(request, 'directoryObjects', [
    ...users.map((user) => ({ '@odata.type': '#microsoft.graph.user', ...userEntity(user) })),
    ...devices.map((device) => ({ '@odata.type': '#microsoft.graph.device', ...deviceEntity(device) })),
  ])
}

const deleteGroup = async (request: GraphRequest): Promise<GraphAnswer> => {
  const group = await groupOf(request)
  await publishGroup(request, 'Delete', group, async (tables) => {
    await tables.groups.delete(group.id)
  })
  return answer(204)
}

/** A managed device as the directory shows it. `isCompliant` is what conditional access asks for. */
const deviceEntity = (device: Device): Entity => ({
  id: device.directoryId,
  deviceId: device.entraDeviceId,
  displayName: device.inventory.deviceName,
  operatingSystem: device.inventory.os.name,
  operatingSystemVersion: device.inventory.os.version,
  isCompliant: device.complianceState === 'compliant' || device.complianceState === 'inGracePeriod',
  isManaged: true,
  accountEnabled: true,
  deviceOwnership: device.ownership === 'company' ? 'Company' : 'Personal',
  managementType: 'MDM',
  mdmAppId: '0000000a-0000-0000-c000-000000000000',
  trustType: device.ownership === 'company' ? 'AzureAd' : 'Workplace',
  manufacturer: device.inventory.hardware.manufacturer,
  model: device.inventory.hardware.model,
  enrollmentProfileName: device.mode,
  approximateLastSignInDateTime: iso(device.lastSyncAtMs),
})

const getDevice = async (request: GraphRequest): Promise<GraphAnswer> => {
  const id = request.params['id'] ?? ''
  const { rows } = await request.control.deps.store.devices.query({
    filter: { op: 'eq', column: 'directoryId', value: id },
    orderBy: [],
    limit: 1,
  })
  return entityAnswer(request, 'devices', rows[0] ? deviceEntity(rows[0]) : notFound('Device', id))
}

const listDevices = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const all: Device[] = []
  for (let after: string | undefined; ; ) {
    const page = await store.devices.page({ limit: 1_000, ...(after === undefined ? {} : { after }) })
    all.push(...page)
    after = page.at(-1)?.id
    if (page.length < 1_000) break
  }
  return memoryPage(request, 'devices', all.map(deviceEntity))
}

const getUser = async (request: GraphRequest): Promise<GraphAnswer> => {
  const id = request.params['id'] ?? ''
  const { store } = request.control.deps
  const user = (await store.users.get(id)) ?? (await store.users.findByPrincipalName([id]))[0]
  return entityAnswer(request, 'users', user ? userEntity(user) : notFound('User', id))
}

export const directoryRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/users',
    role: 'User.Read.All',
    handle: async (request) =>
      memoryPage(request, 'users', (await request.control.deps.store.users.list()).map(userEntity)),
  },
  { method: 'POST', path: '/users', role: 'User.ReadWrite.All', handle: createUser },
  { method: 'GET', path: '/users/{id}', role: 'User.Read.All', handle: getUser },
  {
    method: 'GET',
    path: '/groups',
    role: 'Group.Read.All',
    handle: async (request) =>
      memoryPage(request, 'groups', (await request.control.deps.store.groups.list()).map(groupEntity)),
  },
  { method: 'POST', path: '/groups', role: 'Group.ReadWrite.All', handle: createGroup },
  {
    method: 'GET',
    path: '/groups/{id}',
    role: 'Group.Read.All',
    handle: async (request) => entityAnswer(request, 'groups', groupEntity(await groupOf(request))),
  },
  { method: 'PATCH', path: '/groups/{id}', role: 'Group.ReadWrite.All', handle: updateGroup },
  { method: 'DELETE', path: '/groups/{id}', role: 'Group.ReadWrite.All', handle: deleteGroup },
  { method: 'GET', path: '/groups/{id}/members', role: 'Group.Read.All', handle: listMembers },
  { method: 'POST', path: '/groups/{id}/members/$ref', role: 'Group.ReadWrite.All', handle: addMember },
  { method: 'DELETE', path: '/groups/{id}/members/{member}/$ref', role: 'Group.ReadWrite.All', handle: removeMember },
  { method: 'GET', path: '/devices', role: 'Device.Read.All', handle: listDevices },
  { method: 'GET', path: '/devices/{id}', role: 'Device.Read.All', handle: getDevice },
]
