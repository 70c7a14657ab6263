import { CodedError } from '@muster/shared/core'
import { followMembers } from '../../app/dynamic-groups.ts'
import { transitiveMembersOf } from '../../app/memberships.ts'
import type { MemberTuple, Tables } from '../../app/ports.ts'
import type { Group } from '../../domain/model.ts'
import { badBody, parseBody } from '../body.ts'
import { memoryPage } from '../collection.ts'
import {
  answer,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  notFound,
  type Yields,
} from '../graph-request.ts'
import { directoryObjectsOf, memberEntities } from './directory-objects.ts'
import { Reference, referredId, referredMembers, referredOwners } from './directory-references.ts'
import { groupOf, publishGroup } from './groups.ts'

const isThere = (property: string): never => {
  const message = `One or more added object references already exist for the following modified properties: '${property}'.`
  throw new CodedError('graph/in-use', message)
}

/** A group whose members somebody lists; those of a dynamic group follow from its rule. */
async function assignedGroup(tables: Tables, request: GraphRequest): Promise<Group> {
  const group = await groupOf(tables, request)
  return group.dynamic ? badBody('members of a dynamic group follow from its rule', 'membershipRule') : group
}

const addMember = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { '@odata.id': reference } = parseBody(Reference, request.body)
  await publishGroup(request, 'Patch', async (tables) => {
    const group = await assignedGroup(tables, request)
    const touches = await referredMembers(tables, [reference])
    const [member] = touches as readonly [MemberTuple]
    if (member.id === group.id) badBody('a group cannot be a member of itself', '@odata.id')
    if ((await tables.groups.groupsOf([member.id])).get(member.id)?.includes(group.id)) isThere('members')
    await tables.groups.add(group.id, touches)
    await followMembers(tables, touches)
    return { before: group, after: group, members: `+${referredId(reference)}`, touches }
  })
  return answer(204)
}

const removeMember = async (request: GraphRequest): Promise<GraphAnswer> => {
  await publishGroup(request, 'Patch', async (tables) => {
    const group = await assignedGroup(tables, request)
    const id = request.params['member'] ?? ''
    const members = await referredMembers(tables, [id])
    const [member] = members as readonly [MemberTuple]
    if (!(await tables.groups.groupsOf([member.id])).get(member.id)?.includes(group.id)) notFound('DirectoryObject', id)
    await tables.groups.remove(group.id, [member.id])
    await followMembers(tables, members)
    return { before: group, after: group, members: `-${id}`, touches: members }
  })
  return answer(204)
}

const listMembers =
  (isTransitive: boolean) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const { store } = request.control.deps
    const { id } = await groupOf(store, request)
    const members = await (isTransitive ? transitiveMembersOf(store, id) : store.groups.members(id))
    return memoryPage(request, 'directoryObjects', await memberEntities(store, members))
  }

const listOwners = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const { ownerIds = [] } = await groupOf(store, request)
  return memoryPage(request, 'directoryObjects', await directoryObjectsOf(store, ownerIds))
}

/** Owners decide on nothing that devices hold. */
async function changeOwners(
  request: GraphRequest,
  how: (tables: Tables, ownerIds: readonly string[]) => Promise<readonly string[]>,
): Promise<GraphAnswer> {
  await publishGroup(request, 'Patch', async (tables) => {
    const before = await groupOf(tables, request)
    const { ownerIds: had = [], ...rest } = before
    const ownerIds = await how(tables, had)
    const after: Group = ownerIds.length === 0 ? rest : { ...rest, ownerIds }
    await tables.groups.put(after)
    return { before, after, touches: [] }
  })
  return answer(204)
}

const addOwner = (request: GraphRequest): Promise<GraphAnswer> => {
  const { '@odata.id': reference } = parseBody(Reference, request.body)
  return changeOwners(request, async (tables, ownerIds) => {
    const added = await referredOwners(tables, [reference])
    return added.some((id) => ownerIds.includes(id)) ? isThere('owners') : [...ownerIds, ...added]
  })
}

const removeOwner = (request: GraphRequest): Promise<GraphAnswer> =>
  changeOwners(request, async (_, ownerIds) => {
    const id = request.params['owner']?.toLowerCase() ?? ''
    return ownerIds.includes(id) ? ownerIds.filter((each) => each !== id) : notFound('DirectoryObject', id)
  })

const MEMBER: Yields = {
  type: 'directoryObject',
  many: true,
  pageSize: { default: 100, max: 999 },
  isDirectory: true,
}
const READ = 'GroupMember.Read.All'
const WRITE = 'GroupMember.ReadWrite.All'
const ONE = '/groups/{id}'

/** https://learn.microsoft.com/graph/api/resources/group */
export const groupMemberRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: `${ONE}/members`, role: READ, of: MEMBER, handle: listMembers(false) },
  { method: 'POST', path: `${ONE}/members/$ref`, role: WRITE, handle: addMember },
  { method: 'DELETE', path: `${ONE}/members/{member}/$ref`, role: WRITE, handle: removeMember },
  { method: 'GET', path: `${ONE}/transitiveMembers`, role: READ, of: MEMBER, handle: listMembers(true) },
  { method: 'GET', path: `${ONE}/owners`, role: READ, of: MEMBER, handle: listOwners },
  { method: 'POST', path: `${ONE}/owners/$ref`, role: 'Group.ReadWrite.All', handle: addOwner },
  { method: 'DELETE', path: `${ONE}/owners/{owner}/$ref`, role: 'Group.ReadWrite.All', handle: removeOwner },
]
