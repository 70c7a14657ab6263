import { z } from 'zod'
import type { MemberTuple, Tables } from '../../app/ports.ts'
import { parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { applicationEntity } from './applications.ts'
import { deviceEntity } from './directory-devices.ts'
import { groupEntity } from './groups.ts'
import { allPrincipals, principalEntity } from './service-principals.ts'
import { userEntity } from './users.ts'

type Entity = Readonly<Record<string, unknown>>
type DirectoryTables = Pick<Tables, 'users' | 'groups' | 'devices' | 'servicePrincipals' | 'applications'>

const typed =
  <T>(type: string, entityOf: (object: T) => Entity) =>
  (object: T): Entity => ({ '@odata.type': `#microsoft.graph.${type}`, ...entityOf(object) })

/** Entities of a set that holds all kinds of directory objects say what they are. */
export const typedUser = typed('user', userEntity)
export const typedGroup = typed('group', groupEntity)
export const typedDevice = typed('device', deviceEntity)
const typedPrincipal = typed('servicePrincipal', principalEntity)
const typedApplication = typed('application', applicationEntity)

/** Objects of the directory by id, whatever they are; those that are not there are absent. */
export async function directoryObjectsOf(tables: DirectoryTables, ids: readonly string[]): Promise<readonly Entity[]> {
  const asked = new Set(ids.map((id) => id.toLowerCase()))
  const all = [...asked]
  const isAsked = ({ id }: { readonly id: string }): boolean => asked.has(id)
  const [users, devices, groups, principals, applications] = await Promise.all([
    tables.users.getMany(all),
    tables.devices.findInDirectory(all),
    Promise.all(all.map((id) => tables.groups.get(id))),
    allPrincipals(tables),
    tables.applications.list(),
  ])
  const found = [
    ...users.map(typedUser),
    ...devices.map(typedDevice),
    ...groups.flatMap((group) => (group ? [typedGroup(group)] : [])),
    ...principals.filter(isAsked).map(typedPrincipal),
    ...applications.filter(isAsked).map(typedApplication),
  ]
  const place = new Map(all.map((id, index) => [id, index]))
  const placeOf = (entity: Entity): number => place.get(String(entity['id'])) ?? 0
  return found.toSorted((one, other) => placeOf(one) - placeOf(other))
}

/** Members as Graph shows them, in their order. */
export async function memberEntities(
  tables: Pick<Tables, 'users' | 'groups' | 'devices' | 'servicePrincipals'>,
  members: readonly MemberTuple[],
): Promise<readonly Entity[]> {
  const ids = (type: MemberTuple['type']): string[] =>
    members.filter((member) => member.type === type).map(({ id }) => id)
  const [users, devices, groups, principals] = await Promise.all([
    tables.users.getMany(ids('user')),
    tables.devices.getMany(ids('device')),
    Promise.all(ids('group').map((id) => tables.groups.get(id))),
    Promise.all(ids('servicePrincipal').map((id) => tables.servicePrincipals.get(id))),
  ])
  return [
    ...users.map(typedUser),
    ...groups.flatMap((group) => (group ? [typedGroup(group)] : [])),
    ...devices.map(typedDevice),
    ...principals.flatMap((principal) => (principal ? [typedPrincipal(principal)] : [])),
  ]
}

const OF = { type: 'directoryObject' }
const Asked = z.object({
  ids: z.array(z.string().max(100)).min(1).max(1_000),
  types: z.array(z.string().max(100)).max(100).nullish(),
})

const getByIds = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { ids, types } = parseBody(Asked, request.body)
  const wanted = new Set((types ?? []).map((type) => type.toLowerCase()))
  const isWanted = (entity: Entity): boolean =>
    wanted.size === 0 ||
    wanted.has('directoryobject') ||
    wanted.has(String(entity['@odata.type']).replace('#microsoft.graph.', '').toLowerCase())
  const found = await directoryObjectsOf(request.control.deps.store, ids)
  return memoryPage({ ...request, pageSize: ids.length }, 'directoryObjects', found.filter(isWanted))
}

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const id = request.params['id'] ?? ''
  const [entity] = await directoryObjectsOf(request.control.deps.store, [id])
  return entityAnswer(request, 'directoryObjects', entity ?? notFound('DirectoryObject', id))
}

export const directoryObjectRoutes: readonly GraphRoute[] = [
  { method: 'POST', path: '/directoryObjects/getByIds', role: 'Directory.Read.All', handle: getByIds },
  { method: 'GET', path: '/directoryObjects/{id}', role: 'Directory.Read.All', of: OF, handle: get },
]
