import { z } from 'zod'
import type { Store, Tables } from '../../app/ports.ts'
import { parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { answer, type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { type DirectoryRole, directoryRoles } from '../identity/directory-roles.ts'
import { giveDirectoryRole, takeDirectoryRole } from './directory-grants.ts'
import { typedUser } from './directory-objects.ts'
import { Reference, referredId } from './directory-references.ts'

/** A role as the directory shows it. All of them are there: none has to be activated first. */
export const directoryRoleEntity = ({ id, displayName }: DirectoryRole) => ({
  id,
  displayName,
  description: displayName,
  roleTemplateId: id,
})

const templateEntity = ({ id, displayName }: DirectoryRole) => ({ id, displayName, description: displayName })

function roleOf({ params }: GraphRequest): DirectoryRole {
  const id = params['id'] ?? ''
  return directoryRoles.find((role) => role.id === id.toLowerCase()) ?? notFound('DirectoryRole', id)
}

const holdersOf = async ({ directoryRoleAssignments }: Pick<Tables, 'directoryRoleAssignments'>, roleId: string) =>
  (await directoryRoleAssignments.list()).filter(({ roleDefinitionId }) => roleDefinitionId === roleId)

const listMembers = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const holders = await holdersOf(store, roleOf(request).id)
  return memoryPage(request, 'directoryObjects', await usersOf(store, holders))
}

const usersOf = async ({ users }: Store, holders: readonly { readonly principalId: string }[]) =>
  (await users.getMany(holders.map(({ principalId }) => principalId))).map(typedUser)

const addMember = async (request: GraphRequest): Promise<GraphAnswer> => {
  const principalId = referredId(parseBody(Reference, request.body)['@odata.id'])
  await giveDirectoryRole(request, { principalId, roleDefinitionId: roleOf(request).id }, () =>
    notFound('DirectoryObject', principalId),
  )
  return answer(204)
}

const removeMember = async (request: GraphRequest): Promise<GraphAnswer> => {
  const memberId = request.params['memberId'] ?? ''
  const roleId = roleOf(request).id
  await takeDirectoryRole(request, async (tables) => {
    const held = (await holdersOf(tables, roleId)).find(({ principalId }) => principalId === memberId.toLowerCase())
    return held?.id ?? notFound('DirectoryObject', memberId)
  })
  return answer(204)
}

const activate = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { roleTemplateId } = parseBody(z.object({ roleTemplateId: z.guid() }), request.body)
  const role = roleOf({ ...request, params: { id: roleTemplateId } })
  return entityAnswer(request, 'directoryRoles', directoryRoleEntity(role), 201)
}

const READ = 'RoleManagement.Read.Directory'
const WRITE = 'RoleManagement.ReadWrite.Directory'
const ROLES = '/directoryRoles'
const ONE = `${ROLES}/{id}`
const TEMPLATES = '/directoryRoleTemplates'

/** https://learn.microsoft.com/graph/api/resources/directoryrole */
export const directoryRoleRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: ROLES,
    role: READ,
    of: { type: 'directoryRole', many: true },
    handle: async (request) => memoryPage(request, 'directoryRoles', directoryRoles.map(directoryRoleEntity)),
  },
  { method: 'POST', path: ROLES, role: WRITE, handle: activate },
  {
    method: 'GET',
    path: ONE,
    role: READ,
    of: { type: 'directoryRole' },
    handle: async (request) => entityAnswer(request, 'directoryRoles', directoryRoleEntity(roleOf(request))),
  },
  {
    method: 'GET',
    path: `${ONE}/members`,
    role: READ,
    of: { type: 'directoryObject', many: true },
    handle: listMembers,
  },
  { method: 'POST', path: `${ONE}/members/$ref`, role: WRITE, handle: addMember },
  { method: 'DELETE', path: `${ONE}/members/{memberId}/$ref`, role: WRITE, handle: removeMember },
  {
    method: 'GET',
    path: TEMPLATES,
    role: READ,
    of: { type: 'directoryRoleTemplate', many: true },
    handle: async (request) => memoryPage(request, 'directoryRoleTemplates', directoryRoles.map(templateEntity)),
  },
  {
    method: 'GET',
    path: `${TEMPLATES}/{id}`,
    role: READ,
    of: { type: 'directoryRoleTemplate' },
    handle: async (request) => entityAnswer(request, 'directoryRoleTemplates', templateEntity(roleOf(request))),
  },
]
