import type { Tables } from '../../app/ports.ts'
import { ROLE_ASSIGNMENTS } from '../roles/intune-access.ts'
import { GLOBAL_ADMINISTRATOR } from './directory-roles.ts'

/** The template of what every member holds; clients look for it among `wids`. */
const MEMBER = 'b79fbf4d-3ef9-4689-8143-76b194e85509'

/** What a user holds; while nobody in the tenant has been given a role, here or in Intune, everybody is its administrator. */
export async function directoryRolesOf(
  { directoryRoleAssignments, objects }: Pick<Tables, 'directoryRoleAssignments' | 'objects'>,
  userId: string,
): Promise<readonly string[]> {
  const all = await directoryRoleAssignments.list()
  if (all.length === 0 && (await objects.list(ROLE_ASSIGNMENTS)).length === 0) return [GLOBAL_ADMINISTRATOR, MEMBER]
  const own = all.filter(({ principalId }) => principalId === userId).map(({ roleDefinitionId }) => roleDefinitionId)
  return [...new Set([...own, MEMBER])]
}
