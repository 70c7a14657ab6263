import { z } from 'zod'
import type { Assignment } from '../../domain/model.ts'
import type { GraphRequest } from '../graph-request.ts'
import { badBody, objectBody } from './policy-shape.ts'

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

/** Read the body of `…/assign`: the whole new set of assignments. Groups and filters must exist. */
export async function readAssignments(
  { control, body }: GraphRequest,
  ownerId: string,
  key = 'assignments',
): Promise<readonly Assignment[]> {
  const parsed = z.array(AssignmentShape).max(500).safeParse(objectBody(body)[key])
  if (!parsed.success)
    badBody(
      parsed.error.issues[0]?.message ?? 'assignments cannot be read',
      `${key}.${parsed.error.issues[0]?.path.join('.') ?? ''}`,
    )
  const { store } = control.deps
  const [groups, filters] = await Promise.all([store.groups.list(), store.filters.list()])
  const groupIds = new Set(groups.map(({ id }) => id))
  const filterIds = new Set(filters.map(({ id }) => id))
  return parsed.data.map(({ target }, index): Assignment => {
    const at = `${key}.${index}.target`
    const filterId = target.deviceAndAppManagementAssignmentFilterId
    const mode = target.deviceAndAppManagementAssignmentFilterType
    if (filterId && !filterIds.has(filterId)) badBody(`there is no assignment filter ${filterId}`, at)
    return {
      id: `${ownerId}_${target.groupId ?? target['@odata.type'].replace(PREFIX, '')}`,
      target: targetOf(target, groupIds, at),
      ...(filterId && (mode === 'include' || mode === 'exclude') ? { filter: { id: filterId, mode } } : {}),
    }
  })
}

function targetOf(
  target: z.infer<typeof AssignmentShape>['target'],
  groupIds: ReadonlySet<string>,
  at: string,
): Assignment['target'] {
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
    target: {
      '@odata.type': `${PREFIX}${typeNames[target.type]}`,
      ...('groupId' in target ? { groupId: target.groupId } : {}),
      deviceAndAppManagementAssignmentFilterId: filter?.id ?? null,
      deviceAndAppManagementAssignmentFilterType: filter?.mode ?? 'none',
    },
  }
}
