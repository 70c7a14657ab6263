import { createHash } from 'node:crypto'
import { SIMULATION_ROLE } from '@muster/shared/contracts'

/** A permission of Graph: a role of an application, and a scope of a user, under one name. */
export interface Permission {
  readonly value: string
  /** Of the application role; clients grant by it. */
  readonly roleId: string
  readonly scopeId: string
}

/** Ids as Microsoft gives them (https://learn.microsoft.com/graph/permissions-reference): role, then scope where known. */
const known: Readonly<Record<string, readonly [roleId: string, scopeId?: string]>> = {
  'Application.Read.All': ['9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30'],
  'Application.ReadWrite.All': ['1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9'],
  'AppRoleAssignment.ReadWrite.All': ['06b708a9-e830-4db3-a914-8e69da51d44f'],
  'AuditLog.Read.All': ['b0afded3-3588-46d8-8b3d-9842eff778da'],
  'Device.Read.All': ['7438b122-aefc-4978-80ed-43db9fcc7715'],
  'Device.ReadWrite.All': ['1138cb37-bd11-4084-a2b7-9f71582aeddb'],
  'DeviceManagementApps.Read.All': ['7a6ee1e7-141e-4cec-ae74-d9db155731ff'],
  'DeviceManagementApps.ReadWrite.All': ['78145de6-330d-4800-a6ce-494ff2d33d07'],
  'DeviceManagementConfiguration.Read.All': [
    'dc377aa6-52d8-4e23-b271-2a7ae04cedf3',
    'f1493658-876a-4c85-8fa7-edb559b3476a',
  ],
  'DeviceManagementConfiguration.ReadWrite.All': [
    '9241abd9-d0e6-425a-bd4f-47ba86e767a4',
    '0883f392-0a7a-443d-8c76-16a6d39c7b63',
  ],
  'DeviceManagementManagedDevices.PrivilegedOperations.All': ['5b07b0dd-2377-4e44-a38d-703f09a0dc3c'],
  'DeviceManagementManagedDevices.Read.All': [
    '2f51be20-0bb4-4fed-bf7b-db946066c75e',
    '314874da-47d6-4978-88dc-cf0d37f0bb82',
  ],
  'DeviceManagementManagedDevices.ReadWrite.All': [
    '243333ab-4d21-40cb-a475-36241daa0842',
    '44642bfe-8385-4adc-8fc6-fe3cb2c375c3',
  ],
  'DeviceManagementRBAC.Read.All': ['58ca0d9a-1575-47e1-a3cb-007ef2e4583b'],
  'DeviceManagementRBAC.ReadWrite.All': ['e330c4f0-4170-414e-a55a-2f022ec2b57b'],
  'DeviceManagementServiceConfig.Read.All': ['06a5fe6d-c49d-46a7-b082-56b1b14103c7'],
  'DeviceManagementServiceConfig.ReadWrite.All': ['5ac13192-7ace-4fcf-b828-1a26f28068ee'],
  'Directory.Read.All': ['7ab1d382-f21e-4acd-a863-ba3e13f7da61'],
  'Directory.ReadWrite.All': ['19dbc75e-c2e2-444c-a770-ec69d8559fc7'],
  'Group.Read.All': ['5b567255-7703-4780-807c-7be8301ae99b'],
  'Group.ReadWrite.All': ['62a82d76-70ea-41e2-9197-370581804d09'],
  'Organization.Read.All': ['498476ce-e0fe-48b0-b801-37ba7e2685c6'],
  'Policy.Read.All': ['246dd0d5-5bd0-4def-940b-0421030a5b68'],
  'RoleManagement.Read.Directory': ['483bed4a-2ad3-4361-a73b-c83ccdbdc53c'],
  'RoleManagement.ReadWrite.Directory': ['9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8'],
  'User.Read': [idFor('role', 'User.Read'), 'e1fe6dd8-ba31-4d61-89e7-88639da4683d'],
  'User.Read.All': ['df021288-bdef-4463-88db-98f22de89214', 'a154be20-db9c-4678-8ab7-66f6cc099a59'],
  'User.ReadWrite.All': ['741f803b-c850-494e-b5df-cde7c675a1ca'],
}

/** Permissions that clients ask for by habit; their ids are made from their names. */
const others = [
  'BitlockerKey.Read.All',
  'CloudPC.Read.All',
  'CloudPC.ReadWrite.All',
  'DelegatedPermissionGrant.Read.All',
  'DelegatedPermissionGrant.ReadWrite.All',
  'DeviceLocalCredential.Read.All',
  'DeviceManagementScripts.Read.All',
  'DeviceManagementScripts.ReadWrite.All',
  'Domain.Read.All',
  'Domain.ReadWrite.All',
  'GroupMember.Read.All',
  'GroupMember.ReadWrite.All',
  'Organization.ReadWrite.All',
  'Policy.ReadWrite.ConditionalAccess',
  'Reports.Read.All',
  'SecurityEvents.Read.All',
  'User.Invite.All',
  'User.ManageIdentities.All',
  'WindowsUpdates.Read.All',
  'WindowsUpdates.ReadWrite.All',
  SIMULATION_ROLE,
]

export const permissions: readonly Permission[] = [...Object.keys(known), ...others].map((value) => {
  const [roleId = idFor('role', value), scopeId = idFor('scope', value)] = known[value] ?? []
  return { value, roleId, scopeId }
})

/** As Graph spells it, whatever the case it is asked for in. */
export const permissionNamed = (value: string): Permission | undefined => byName.get(value.toLowerCase())

const byName = new Map(permissions.map((permission) => [permission.value.toLowerCase(), permission]))

/**
 * What holding a permission covers beside itself: who may write may read, and who may do with the whole directory may do it
 * with its parts.
 */
export function covers(held: ReadonlySet<string>, wanted: string): boolean {
  if (held.has(wanted)) return true
  const writing = wanted.replace('.Read.', '.ReadWrite.')
  if (writing !== wanted && held.has(writing)) return true
  return (wider[wanted] ?? []).some((other) => covers(held, other))
}

const directoryParts = ['User', 'Group', 'GroupMember', 'Device', 'Organization', 'Application', 'Domain']
const wider: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(directoryParts.map((part) => [`${part}.Read.All`, ['Directory.Read.All']])),
  ...Object.fromEntries(['User', 'Group'].map((part) => [`${part}.ReadWrite.All`, ['Directory.ReadWrite.All']])),
  'GroupMember.Read.All': ['Group.Read.All', 'Directory.Read.All'],
  'GroupMember.ReadWrite.All': ['Group.ReadWrite.All'],
  'Device.ReadWrite.All': ['Directory.ReadWrite.All'],
  'User.Read': ['User.Read.All'],
  'RoleManagement.Read.Directory': ['Directory.Read.All'],
}

/** A GUID that is always the same for the same words. */
export function idFor(...words: readonly string[]): string {
  const hex = createHash('sha256')
    .update(['muster', ...words].join('\n'))
    .digest('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)]
  return parts.join('-')
}
