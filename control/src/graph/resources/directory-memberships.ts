import { z } from 'zod'
import { transitiveGroupsOf } from '../../app/memberships.ts'
import type { Store } from '../../app/ports.ts'
import { parseBody } from '../body.ts'
import { contextOf, memoryPage } from '../collection.ts'
import {
  answer,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  notFound,
  type Yields,
} from '../graph-request.ts'
import { directoryRoles } from '../identity/directory-roles.ts'
import { typedGroup } from './directory-objects.ts'
import { directoryRoleEntity } from './directory-roles.ts'
import { groupOf } from './groups.ts'
import { principalOf } from './service-principals.ts'
import { userOf } from './users.ts'

type MembersTables = Pick<Store, 'users' | 'groups' | 'devices' | 'servicePrincipals'>
/** The id that memberships know somebody by. */
type MemberIdOf = (tables: MembersTables, request: GraphRequest) => Promise<string>

const deviceId: MemberIdOf = async ({ devices }, { params }) => {
  const id = params['id'] ?? ''
  const [device] = await devices.findInDirectory([id.toLowerCase()])
  return device?.id ?? notFound('Device', id)
}

const anyId: MemberIdOf = async (tables, { params }) => {
  const id = params['id']?.toLowerCase() ?? ''
  const found =
    (await tables.users.get(id)) ?? (await tables.groups.get(id)) ?? (await tables.servicePrincipals.get(id))
  return found?.id ?? (await tables.devices.findInDirectory([id]))[0]?.id ?? notFound('DirectoryObject', id)
}

interface Member {
  readonly set: string
  readonly role: string
  readonly idOf: MemberIdOf
}

const members: readonly Member[] = [
  { set: 'users', role: 'User.Read.All', idOf: async (tables, request) => (await userOf(tables, request)).id },
  { set: 'groups', role: 'GroupMember.Read.All', idOf: async (tables, request) => (await groupOf(tables, request)).id },
  { set: 'devices', role: 'Device.Read.All', idOf: deviceId },
  {
    set: 'servicePrincipals',
    role: 'Application.Read.All',
    idOf: async (tables, request) => (await principalOf(tables, request)).id,
  },
]

async function groupIdsOf(tables: MembersTables, id: string, isTransitive: boolean): Promise<readonly string[]> {
  const groupsOf = isTransitive ? await transitiveGroupsOf(tables, [id]) : await tables.groups.groupsOf([id])
  // Groups that are in each other are members of themselves; Graph does not say so.
  return (groupsOf.get(id) ?? []).filter((groupId) => groupId !== id)
}

/** A role that somebody holds in the directory is a membership as well. */
async function rolesOf({ directoryRoleAssignments }: Pick<Store, 'directoryRoleAssignments'>, principalId: string) {
  const held = (await directoryRoleAssignments.list()).filter((each) => each.principalId === principalId)
  return directoryRoles
    .filter(({ id }) => held.some(({ roleDefinitionId }) => roleDefinitionId === id))
    .map((role) => ({ '@odata.type': '#microsoft.graph.directoryRole', ...directoryRoleEntity(role) }))
}

const listGroups =
  (idOf: MemberIdOf, isTransitive: boolean) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const { store } = request.control.deps
    const id = await idOf(store, request)
    const groups = await Promise.all(
      (await groupIdsOf(store, id, isTransitive)).map((groupId) => store.groups.get(groupId)),
    )
    return memoryPage(request, 'directoryObjects', [
      ...groups.flatMap((group) => (group ? [typedGroup(group)] : [])),
      ...(await rolesOf(store, id)),
    ])
  }

const ids = z.array(z.string().max(100)).min(1)
const Checked = z.object({ groupIds: ids.max(20) })
const CheckedObjects = z.object({ ids: ids.max(20) })
const Wanted = z.object({ securityEnabledOnly: z.boolean().nullish() })

const idsAnswer = (request: GraphRequest, value: readonly string[]): GraphAnswer =>
  answer(200, { '@odata.context': contextOf(request, 'Collection(Edm.String)'), value })

/** `checkMemberGroups` and its kin: all of them see groups within groups. */
function membershipActions(idOf: MemberIdOf): Readonly<Record<string, GraphRoute['handle']>> {
  const groupsOf = async (request: GraphRequest): Promise<readonly string[]> => {
    const { store } = request.control.deps
    return groupIdsOf(store, await idOf(store, request), true)
  }
  const objectsOf = async (request: GraphRequest): Promise<readonly string[]> => {
    const { store } = request.control.deps
    const id = await idOf(store, request)
    return [...(await groupIdsOf(store, id, true)), ...(await rolesOf(store, id)).map((role) => role.id)]
  }
  const among = (held: readonly string[], asked: readonly string[]): readonly string[] =>
    asked.filter((id) => held.includes(id.toLowerCase()))
  return {
    checkMemberGroups: async (request) => {
      const { groupIds } = parseBody(Checked, request.body)
      return idsAnswer(request, among(await groupsOf(request), groupIds))
    },
    checkMemberObjects: async (request) => {
      const asked = parseBody(CheckedObjects, request.body)
      return idsAnswer(request, among(await objectsOf(request), asked.ids))
    },
    getMemberGroups: async (request) => {
      parseBody(Wanted, request.body)
      return idsAnswer(request, await groupsOf(request))
    },
    getMemberObjects: async (request) => {
      const { securityEnabledOnly } = parseBody(Wanted, request.body)
      return idsAnswer(request, await (securityEnabledOnly === true ? groupsOf : objectsOf)(request))
    },
  }
}

const GROUPS: Yields = {
  type: 'directoryObject',
  many: true,
  pageSize: { default: 100, max: 999 },
  isDirectory: true,
}

const actionRoutes = (set: string, role: string, idOf: MemberIdOf): readonly GraphRoute[] =>
  Object.entries(membershipActions(idOf)).map(([name, handle]) => ({
    method: 'POST',
    path: `/${set}/{id}/${name}`,
    role,
    handle,
  }))

/** What somebody is a member of, itself and through groups within groups. */
export const directoryMembershipRoutes: readonly GraphRoute[] = [
  ...members.flatMap(({ set, role, idOf }): readonly GraphRoute[] => [
    { method: 'GET', path: `/${set}/{id}/memberOf`, role, of: GROUPS, handle: listGroups(idOf, false) },
    { method: 'GET', path: `/${set}/{id}/transitiveMemberOf`, role, of: GROUPS, handle: listGroups(idOf, true) },
    ...actionRoutes(set, role, idOf),
  ]),
  ...actionRoutes('directoryObjects', 'Directory.Read.All', anyId),
]
