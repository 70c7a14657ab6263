import { z } from 'zod'
import { followMembers, refillGroup } from '../../app/dynamic-groups.ts'
import type { MemberTuple, Store, Tables } from '../../app/ports.ts'
import type { Device, Group } from '../../domain/model.ts'
import { parseMembershipRule } from '../../domain/rules/index.ts'
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
  orRefuse,
  type Yields,
} from '../graph-request.ts'
import { type RowSource, rowPageOf } from '../odata/row-page.ts'
import { publishFrom } from '../publishing.ts'
import { deviceEntity } from './directory-devices.ts'
import { iso } from './managed-device.ts'
import { userEntity } from './users.ts'

export const groupEntity = (group: Group): Readonly<Record<string, unknown>> => ({
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

const references = z.array(z.string().max(400)).max(20).default([])
const GroupShape = z.object({
  displayName: z.string().min(1).max(256),
  description: z.string().max(1_024).nullish(),
  groupTypes: z.array(z.string()).max(10).default([]),
  membershipRule: z.string().nullish(),
  membershipRuleProcessingState: z.enum(['On', 'Paused']).default('On'),
  'members@odata.bind': references,
})
const GroupPatch = z.object({
  displayName: z.string().min(1).max(256).optional(),
  description: z.string().max(1_024).nullish(),
  membershipRule: z.string().min(1).optional(),
  membershipRuleProcessingState: z.enum(['On', 'Paused']).optional(),
  'members@odata.bind': references,
})

/** A change of a group: who is in it decides who is targeted. */
async function publishGroup(
  request: GraphRequest,
  operation: 'Create' | 'Patch' | 'Delete',
  write: (tables: Tables) => Promise<{
    readonly before?: Group
    readonly after?: Group
    readonly members?: string
    /** The only ones who come or go; everybody can when absent. */
    readonly touches?: readonly MemberTuple[]
  }>,
): Promise<Group> {
  return publishFrom(request, undefined, async (tables) => {
    const { before, after, members, touches } = await write(tables)
    const group = after ?? before
    if (!group) throw new Error('no group was written')
    const modified = modifiedProperties(before && groupEntity(before), after && groupEntity(after))
    const audit = auditOf(
      request,
      { activityType: `${operation} Group`, operation, category: 'Other', componentName: 'Directory' },
      {
        id: group.id,
        type: 'Group',
        displayName: group.displayName,
        modifiedProperties: members ? [...modified, { name: 'members', oldValue: null, newValue: members }] : modified,
      },
    )
    return { audit, answer: group, ...(touches ? { devices: await devicesOf(tables, touches) } : {}) }
  })
}

/** Managed devices that are members, or belong to members. */
async function devicesOf(tables: Pick<Tables, 'devices'>, members: readonly MemberTuple[]): Promise<readonly Device[]> {
  const ids = (type: MemberTuple['type']): string[] =>
    members.filter((member) => member.type === type).map(({ id }) => id)
  const [own, ofUsers] = await Promise.all([tables.devices.getMany(ids('device')), tables.devices.ofUsers(ids('user'))])
  const all = [...own, ...ofUsers].filter(({ lifecycle }) => lifecycle === 'managed')
  return [...new Map(all.map((device) => [device.id, device])).values()]
}

function dynamicOf(rule: string, processing: 'On' | 'Paused'): NonNullable<Group['dynamic']> {
  return { rule, members: orRefuse(parseMembershipRule(rule)).members, processing }
}

const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { ids, clock } = request.control.deps
  const wanted = parseBody(GroupShape, request.body)
  const isDynamic = wanted.groupTypes.includes('DynamicMembership')
  const rule = wanted.membershipRule ?? ''
  if (isDynamic !== (rule !== '')) badBody('a dynamic group, and only one, has a membershipRule', 'membershipRule')
  const bound = wanted['members@odata.bind']
  if (isDynamic && bound.length > 0) badBody('members of a dynamic group follow from its rule', 'members@odata.bind')
  const group: Group = {
    id: ids.guid(),
    displayName: wanted.displayName,
    ...(wanted.description ? { description: wanted.description } : {}),
    createdAtMs: clock.nowMs(),
    ...(isDynamic ? { dynamic: dynamicOf(rule, wanted.membershipRuleProcessingState) } : {}),
  }
  const written = await publishGroup(request, 'Create', async (tables) => {
    await tables.groups.put(group)
    // Nobody asks for members of a group that was not there.
    await tables.groups.add(group.id, await membersOf(tables, bound))
    await refillGroup(tables, group)
    return { after: group }
  })
  return entityAnswer(request, 'groups', groupEntity(written), 201)
}

async function groupOf({ groups }: Pick<Tables, 'groups'>, { params }: GraphRequest): Promise<Group> {
  const id = params['id'] ?? ''
  return (await groups.get(id)) ?? notFound('Group', id)
}

/** References such as `https://…/directoryObjects/{id}`: users by id, devices by their directory id. */
async function membersOf(
  tables: Pick<Tables, 'users' | 'devices'>,
  wanted: readonly string[],
): Promise<readonly MemberTuple[]> {
  const members: MemberTuple[] = []
  for (const reference of wanted) {
    const id = reference.split('/').at(-1) ?? ''
    const user = await tables.users.get(id)
    const [device] = user ? [] : await tables.devices.findInDirectory([id])
    if (user) members.push({ type: 'user', id: user.id })
    else if (device) members.push({ type: 'device', id: device.id })
    else badBody(`there is no user or device ${id}`, '@odata.id')
  }
  return members
}

const addMember = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { '@odata.id': reference } = parseBody(z.object({ '@odata.id': z.string().max(400) }), request.body)
  await publishGroup(request, 'Patch', async (tables) => {
    const group = await groupOf(tables, request)
    if (group.dynamic) badBody('members of a dynamic group follow from its rule', 'membershipRule')
    const touches = await membersOf(tables, [reference])
    await tables.groups.add(group.id, touches)
    await followMembers(tables, touches)
    return { before: group, after: group, members: `+${reference.split('/').at(-1)}`, touches }
  })
  return answer(204)
}

/** `members@odata.bind` in a PATCH adds up to twenty members at once. */
const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  const body = parseBody(GroupPatch, request.body)
  const bound = body['members@odata.bind']
  await publishGroup(request, 'Patch', async (tables) => {
    const before = await groupOf(tables, request)
    const isRuled = body.membershipRule !== undefined || body.membershipRuleProcessingState !== undefined
    if (!before.dynamic && isRuled) badBody('only a dynamic group has a membershipRule', 'membershipRule')
    if (before.dynamic && bound.length > 0)
      badBody('members of a dynamic group follow from its rule', 'members@odata.bind')
    const { description, ...rest } = { ...before, ...(body.displayName ? { displayName: body.displayName } : {}) }
    const described = body.description === undefined ? description : (body.description ?? undefined)
    const after: Group = {
      ...rest,
      ...(described ? { description: described } : {}),
      ...(before.dynamic
        ? {
            dynamic: dynamicOf(
              body.membershipRule ?? before.dynamic.rule,
              body.membershipRuleProcessingState ?? before.dynamic.processing,
            ),
          }
        : {}),
    }
    await tables.groups.put(after)
    const joining = await membersOf(tables, bound)
    await tables.groups.add(after.id, joining)
    await followMembers(tables, joining)
    if (isRuled) await refillGroup(tables, after)
    const ids = bound.map((reference) => `+${reference.split('/').at(-1)}`)
    return {
      before,
      after,
      ...(ids.length > 0 ? { members: ids.join(' ') } : {}),
      ...(isRuled ? {} : { touches: joining }),
    }
  })
  return answer(204)
}

const removeMember = async (request: GraphRequest): Promise<GraphAnswer> => {
  await publishGroup(request, 'Patch', async (tables) => {
    const group = await groupOf(tables, request)
    if (group.dynamic) badBody('members of a dynamic group follow from its rule', 'membershipRule')
    const member = request.params['member'] ?? ''
    const members = await membersOf(tables, [member])
    await tables.groups.remove(
      group.id,
      members.map(({ id }) => id),
    )
    await followMembers(tables, members)
    return { before: group, after: group, members: `-${member}`, touches: members }
  })
  return answer(204)
}

const listMembers = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const members = await store.groups.members((await groupOf(store, request)).id)
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

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await publishGroup(request, 'Delete', async (tables) => {
    const group = await groupOf(tables, request)
    const members = await tables.groups.members(group.id)
    await tables.groups.delete(group.id)
    await followMembers(tables, members)
    return { before: group }
  })
  return answer(204)
}

const READ = 'Group.Read.All'
const WRITE = 'Group.ReadWrite.All'

const columns = {
  id: 'id',
  displayname: 'displayName',
  description: 'description',
  membershiprule: 'membershipRule',
  membershipruleprocessingstate: 'processing',
  createddatetime: 'createdAtMs',
} as const

const rowsOf = ({ groups }: Store): RowSource<Group, (typeof columns)[keyof typeof columns]> => ({
  columns,
  query: groups.query,
  count: groups.count,
  entities: async (rows) => rows.map(groupEntity),
})

const GROUP: Yields = { type: 'group', pageSize: { default: 100, max: 999 }, isDirectory: true }
const MEMBER: Yields = { ...GROUP, type: 'directoryObject' }

export const groupRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/groups',
    role: READ,
    of: { ...GROUP, many: true },
    handle: async (request) =>
      pageAnswer(request, 'groups', await rowPageOf(rowsOf(request.control.deps.store), wantedOf(request))),
  },
  { method: 'POST', path: '/groups', role: WRITE, handle: create },
  {
    method: 'GET',
    path: '/groups/{id}',
    role: READ,
    of: GROUP,
    handle: async (request) =>
      entityAnswer(request, 'groups', groupEntity(await groupOf(request.control.deps.store, request))),
  },
  { method: 'PATCH', path: '/groups/{id}', role: WRITE, handle: update },
  { method: 'DELETE', path: '/groups/{id}', role: WRITE, handle: remove },
  { method: 'GET', path: '/groups/{id}/members', role: READ, of: { ...MEMBER, many: true }, handle: listMembers },
  { method: 'POST', path: '/groups/{id}/members/$ref', role: WRITE, handle: addMember },
  { method: 'DELETE', path: '/groups/{id}/members/{member}/$ref', role: WRITE, handle: removeMember },
]
