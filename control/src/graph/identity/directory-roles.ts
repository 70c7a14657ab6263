import { covers, permissions } from './permissions.ts'

/**
 * A role that a user holds in the directory, by the id of its template, and what it lets its holder do through Graph
 * (https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference).
 */
export interface DirectoryRole {
  readonly id: string
  readonly displayName: string
  readonly allows: (permission: string) => boolean
}

const reads = /\.Read(?:\.|$)/
const among =
  (...patterns: readonly RegExp[]) =>
  (permission: string): boolean =>
    patterns.some((pattern) => pattern.test(permission))

/** What every member of a tenant may do without any role: read the directory. */
const memberAllows = among(/^(User|Group|GroupMember|Device|Organization|Application|Domain|Directory)\.Read(\.All)?$/)

export const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10'

export const directoryRoles: readonly DirectoryRole[] = [
  { id: GLOBAL_ADMINISTRATOR, displayName: 'Global Administrator', allows: () => true },
  {
    id: 'f2ef992c-3afb-46b9-b7cf-a126ee74c451',
    displayName: 'Global Reader',
    allows: (permission) => reads.test(permission),
  },
  {
    id: '3a2c62db-5318-420d-8d74-23affee5d9d5',
    displayName: 'Intune Administrator',
    allows: among(/^DeviceManagement/, /^CloudPC\./, /^(Device|Group|GroupMember)\.ReadWrite\.All$/, /^BitlockerKey\./),
  },
  {
    id: 'fe930be7-5e62-47db-91af-98c3a49a38b1',
    displayName: 'User Administrator',
    allows: among(/^(User|Group|GroupMember)\./),
  },
  {
    id: 'fdd7a751-b60b-444a-984c-02652fe8fa1c',
    displayName: 'Groups Administrator',
    allows: among(/^(Group|GroupMember)\./),
  },
  {
    id: '7698a772-787b-4ac8-901f-60d6b08affd2',
    displayName: 'Cloud Device Administrator',
    allows: among(/^Device\./),
  },
  {
    id: '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
    displayName: 'Application Administrator',
    allows: among(/^Application\./, /^AppRoleAssignment\./, /^DelegatedPermissionGrant\./),
  },
  {
    id: 'e8611ab8-c189-46e8-94e1-60213ab1f814',
    displayName: 'Privileged Role Administrator',
    allows: among(/^RoleManagement\./, /^AppRoleAssignment\./, /^DelegatedPermissionGrant\./),
  },
  {
    id: '5d6b6bb7-de71-4623-b4af-96380a352509',
    displayName: 'Security Reader',
    allows: (permission) =>
      /^(AuditLog|Policy|Reports|SecurityEvents|DeviceManagement)/.test(permission) && reads.test(permission),
  },
]

/** What a user may do: what membership and the roles allow. */
export function allowedTo(roleIds: readonly string[], permission: string): boolean {
  return memberAllows(permission) || directoryRoles.some(({ id, allows }) => roleIds.includes(id) && allows(permission))
}

/**
 * What comes of a user's token: a scope lets an application do no more for the user than the user may do. Of a scope to write
 * the right to read is left where the user may read.
 */
export function effectivePermissions(scopes: readonly string[], roleIds: readonly string[]): ReadonlySet<string> {
  const held = new Set(scopes)
  return new Set(
    permissions.map(({ value }) => value).filter((value) => covers(held, value) && allowedTo(roleIds, value)),
  )
}
