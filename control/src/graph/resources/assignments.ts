import { z } from 'zod'
import type { Tables } from '../../app/ports.ts'
import type { Assignment, AssignmentFilter } from '../../domain/model.ts'
import { badBody, objectBody, parseBody } from '../body.ts'

type Entity = Readonly<Record<string, unknown>>

const PREFIX = '#microsoft.graph.'
const AssignmentShape = z.object({
  target: z.looseObject({
    '@odata.type': z.string(),
    groupId: z.string().optional(),
    deviceAndAppManagementAssignmentFilterId: z.string().nullish(),
    deviceAndAppManagementAssignmentFilterType: z.enum(['none', 'include', 'exclude']).nullish(),
  }),
})
type Target = z.infer<typeof AssignmentShape>['target']

/** What stands in an assignment's id for the groups that the directory does not have. */
export const VIRTUAL_GROUPS: Readonly<Record<string, string>> = {
  allLicensedUsersAssignmentTarget: 'acacacac-9df4-4c7d-9d50-4ef0226f57a9',
  allDevicesAssignmentTarget: 'adadadad-808e-44e2-905a-0b7873a8a531',
}

/**
 * Read the body of `…/assign`: the whole new set of assignments, each group once. Groups and filters must exist, and
 * `objection` may say why a filter does not go with what is assigned.
 */
export async function readAssignments(
  tables: Pick<Tables, 'groups' | 'filters'>,
  body: unknown,
  { ownerId, key, objection }: AssignmentOwner,
): Promise<readonly Assignment[]> {
  const wanted = parseBody(z.array(AssignmentShape).max(500), objectBody(body)[key], key)
  const groupIds = new Set((await tables.groups.list()).map(({ id }) => id))
  const filters = new Map((await tables.filters.list()).map((filter) => [filter.id, filter]))
  const ids = new Set<string>()
  return wanted.map(({ target }, index): Assignment => {
    const at = `${key}.${index}.target`
    const typeName = target['@odata.type'].replace(PREFIX, '')
    const id = `${ownerId}_${target.groupId ?? VIRTUAL_GROUPS[typeName] ?? typeName}`
    const read = targetOf(target, groupIds, at)
    if (ids.has(id)) badBody('a group can be assigned or excluded once', at)
    ids.add(id)
    const filter = filterOf(target, filters, objection, at)
    return { id, target: read, ...(filter ? { filter } : {}) }
  })
}

export interface AssignmentOwner {
  readonly ownerId: string
  /** Name of the list in the body. */
  readonly key: string
  readonly objection: (filter: AssignmentFilter) => string | undefined
}

function filterOf(
  target: Target,
  filters: ReadonlyMap<string, AssignmentFilter>,
  objection: AssignmentOwner['objection'],
  at: string,
): Assignment['filter'] {
  const id = target.deviceAndAppManagementAssignmentFilterId
  const mode = target.deviceAndAppManagementAssignmentFilterType
  if (!id || (mode !== 'include' && mode !== 'exclude')) return undefined
  const where = `${at}.deviceAndAppManagementAssignmentFilterId`
  const filter = filters.get(id) ?? badBody(`there is no assignment filter ${id}`, where)
  const why = objection(filter)
  if (why !== undefined) badBody(why, where)
  return { id, mode }
}

function targetOf(target: Target, groupIds: ReadonlySet<string>, at: string): Assignment['target'] {
  const { groupId = '' } = target
  switch (target['@odata.type'].replace(PREFIX, '')) {
    case 'allDevicesAssignmentTarget':
      return { type: 'allDevices' }
    case 'allLicensedUsersAssignmentTarget':
      return { type: 'allUsers' }
    case 'groupAssignmentTarget':
      return groupIds.has(groupId)
        ? { type: 'group', groupId }
        : badBody(`there is no group ${groupId}`, `${at}.groupId`)
    case 'exclusionGroupAssignmentTarget':
      return groupIds.has(groupId)
        ? { type: 'exclusionGroup', groupId }
        : badBody(`there is no group ${groupId}`, `${at}.groupId`)
    default:
      return badBody(`${target['@odata.type']} is no assignment target`, `${at}.@odata.type`)
  }
}

const typeNames = {
  allDevices: 'allDevicesAssignmentTarget',
  allUsers: 'allLicensedUsersAssignmentTarget',
  group: 'groupAssignmentTarget',
  exclusionGroup: 'exclusionGroupAssignmentTarget',
} as const

export function assignmentEntity({ id, target, filter }: Assignment): Entity {
  return {
    id,
    source: 'direct',
    sourceId: id.split('_')[0],
    target: {
      '@odata.type': `${PREFIX}${typeNames[target.type]}`,
      ...('groupId' in target ? { groupId: target.groupId } : {}),
      deviceAndAppManagementAssignmentFilterId: filter?.id ?? null,
      deviceAndAppManagementAssignmentFilterType: filter?.mode ?? 'none',
    },
  }
}
