import { z } from 'zod'
import { followMembers, refillGroup } from '../../app/dynamic-groups.ts'
import { transitiveMembersOf } from '../../app/memberships.ts'
import type { MemberTuple, Store, Tables } from '../../app/ports.ts'
import type { Device, Group } from '../../domain/model.ts'
import { parseMembershipRule } from '../../domain/rules/index.ts'
import { badBody, parseBody } from '../body.ts'
import { entityAnswer, pageAnswer, wantedOf } from '../collection.ts'
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
import type { EntityValue } from '../model/read-entity.ts'
import { type RowSource, rowPageOf } from '../odata/row-page.ts'
import { publishFrom } from '../publishing.ts'
import { furtherOf, readWritten } from '../written.ts'
import { referredId, referredMembers, referredOwners } from './directory-references.ts'
import { iso } from './managed-device.ts'

export const groupEntity = (group: Group): Readonly<Record<string, unknown>> => ({
  id: group.id,
  displayName: group.displayName,
  description: group.description ?? null,
  groupTypes: [...(group.dynamic ? ['DynamicMembership'] : []), ...(group.isUnified ? ['Unified'] : [])],
  membershipRule: group.dynamic?.rule ?? null,
  membershipRuleProcessingState: group.dynamic?.processing ?? null,
  securityEnabled: true,
  mailEnabled: false,
  createdDateTime: iso(group.createdAtMs),
  ...group.further,
})

const references = z.array(z.string().max(400)).max(20).default([])
const GroupShape = z.object({
  displayName: z.string().min(1).max(256),
  description: z.string().max(1_024).nullish(),
  groupTypes: z.array(z.enum(['DynamicMembership', 'Unified'])).default([]),
  membershipRule: z.string().nullish(),
  membershipRuleProcessingState: z.enum(['On', 'Paused']).optional(),
  'members@odata.bind': references,
  'owners@odata.bind': references,
})
const GroupPatch = GroupShape.omit({ groupTypes: true, 'owners@odata.bind': true }).extend({
  displayName: z.string().min(1).max(256).optional(),
  membershipRule: z.string().min(1).optional(),
})
const acted: ReadonlySet<string> = new Set(Object.keys(GroupShape.shape))

const auditable = (group: Group | undefined): object | undefined =>
  group && { ...groupEntity(group), owners: group.ownerIds }

/** A change of a group: who is in it decides who is targeted. */
export async function publishGroup(
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
    const modified = modifiedProperties(auditable(before), auditable(after))
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

/** Managed devices that are members or belong to members, also of the groups among them. */
async function devicesOf(
  tables: Pick<Tables, 'devices' | 'groups'>,
  members: readonly MemberTuple[],
): Promise<readonly Device[]> {
  const all = [...members]
  for (const { type, id } of members) if (type === 'group') all.push(...(await transitiveMembersOf(tables, id)))
  const ids = (type: MemberTuple['type']): string[] => all.filter((member) => member.type === type).map(({ id }) => id)
  const [own, ofUsers] = await Promise.all([tables.devices.getMany(ids('device')), tables.devices.ofUsers(ids('user'))])
  const managed = [...own, ...ofUsers].filter(({ lifecycle }) => lifecycle === 'managed')
  return [...new Map(managed.map((device) => [device.id, device])).values()]
}

function dynamicOf(rule: string, processing: 'On' | 'Paused'): NonNullable<Group['dynamic']> {
  return { rule, members: orRefuse(parseMembershipRule(rule)).members, processing }
}

const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { ids, clock } = request.control.deps
  const written = readWritten(request, 'group', 'create')
  const wanted = parseBody(GroupShape, written)
  const isDynamic = wanted.groupTypes.includes('DynamicMembership')
  const rule = wanted.membershipRule ?? ''
  if (isDynamic !== (rule !== '')) badBody('a dynamic group, and only one, has a membershipRule', 'membershipRule')
  const bound = wanted['members@odata.bind']
  if (isDynamic && bound.length > 0) badBody('members of a dynamic group follow from its rule', 'members@odata.bind')
  const further = furtherOf(undefined, written, acted)
  const id = ids.guid()
  const made = await publishGroup(request, 'Create', async (tables) => {
    const ownerIds = await referredOwners(tables, wanted['owners@odata.bind'])
    const group: Group = {
      id,
      displayName: wanted.displayName,
      ...(wanted.description ? { description: wanted.description } : {}),
      ...(ownerIds.length > 0 ? { ownerIds } : {}),
      createdAtMs: clock.nowMs(),
      ...(wanted.groupTypes.includes('Unified') ? { isUnified: true } : {}),
      ...(isDynamic ? { dynamic: dynamicOf(rule, wanted.membershipRuleProcessingState ?? 'On') } : {}),
      ...(further ? { further } : {}),
    }
    await tables.groups.put(group)
    // Nobody asks for members of a group that was not there.
    await tables.groups.add(group.id, await referredMembers(tables, bound))
    await refillGroup(tables, group)
    return { after: group }
  })
  return entityAnswer(request, 'groups', groupEntity(made), 201)
}

export async function groupOf({ groups }: Pick<Tables, 'groups'>, { params }: GraphRequest): Promise<Group> {
  const id = params['id'] ?? ''
  return (await groups.get(id)) ?? notFound('Group', id)
}

/** What a PATCH makes of a group; `null` takes a property away. */
function patched(before: Group, given: z.infer<typeof GroupPatch>, written: EntityValue): Group {
  const { description: had, further: hadFurther, dynamic, ...rest } = before
  const description = given.description === undefined ? had : (given.description ?? undefined)
  const further = furtherOf(hadFurther, written, acted)
  const rule = given.membershipRule ?? dynamic?.rule ?? ''
  const processing = given.membershipRuleProcessingState ?? dynamic?.processing ?? 'On'
  return {
    ...rest,
    displayName: given.displayName ?? before.displayName,
    ...(description ? { description } : {}),
    ...(dynamic ? { dynamic: dynamicOf(rule, processing) } : {}),
    ...(further ? { further } : {}),
  }
}

/** `members@odata.bind` in a PATCH adds up to twenty members at once. */
const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  const written = readWritten(request, 'group', 'patch')
  const body = parseBody(GroupPatch, written)
  const bound = body['members@odata.bind']
  const isRuled = body.membershipRule !== undefined || body.membershipRuleProcessingState !== undefined
  await publishGroup(request, 'Patch', async (tables) => {
    const before = await groupOf(tables, request)
    if (!before.dynamic && isRuled) badBody('only a dynamic group has a membershipRule', 'membershipRule')
    if (before.dynamic && bound.length > 0)
      badBody('members of a dynamic group follow from its rule', 'members@odata.bind')
    const after = patched(before, body, written)
    const joining = await referredMembers(tables, bound)
    if (joining.some(({ id }) => id === after.id)) badBody('a group cannot be a member of itself', 'members@odata.bind')
    await tables.groups.put(after)
    await tables.groups.add(after.id, joining)
    await followMembers(tables, joining)
    if (isRuled) await refillGroup(tables, after)
    const members = bound.map((reference) => `+${referredId(reference)}`).join(' ')
    return { before, after, ...(members === '' ? {} : { members }), ...(isRuled ? {} : { touches: joining }) }
  })
  return answer(204)
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
]
