import type { FrontDoorOptions } from '@muster/control'
import { idOf, OPERATOR_TAG } from './graph-fleet.ts'

/** A user of the filled store. */
const USER_ID = idOf(0)
/** Intune's Read Only Operator (https://learn.microsoft.com/intune/intune-service/fundamentals/role-based-access-control). */
const READ_ONLY_OPERATOR = 'fa1d7878-e8cb-41a1-8254-0142355c9f84'

/** What an answer's `authorization` says of who asks: an application that may do everything, or the operator. */
export type Who = 'everybody' | 'operator'

const everything: Awaited<ReturnType<FrontDoorOptions['identity']['verify']>> = {
  actor: { type: 'application', id: 'bench', displayName: 'bench' },
  roles: Object.assign(new Set<string>(), { has: () => true }),
  appId: 'bench',
}

const operator: typeof everything = {
  actor: { type: 'user', id: USER_ID, displayName: 'operator' },
  roles: new Set(),
  scopes: new Set(['DeviceManagementManagedDevices.Read.All']),
  appId: 'bench',
}

/** Knows both by their name, without tokens: these cost the same for every request. */
export const identity: FrontDoorOptions['identity'] = {
  answer: async () => undefined,
  verify: async (authorization) => (authorization === 'operator' ? operator : everything),
}

/** Give the operator a role over the devices of one tag, as an administrator does. */
export async function giveRole(post: (path: string, body: object) => Promise<{ readonly id: string }>): Promise<void> {
  const tag = await post('/beta/deviceManagement/roleScopeTags', { displayName: 'north' })
  if (tag.id !== OPERATOR_TAG) throw new Error(`the first tag is ${tag.id}, not ${OPERATOR_TAG}`)
  const group = await post('/v1.0/groups', {
    displayName: 'operators',
    mailEnabled: false,
    mailNickname: 'operators',
    securityEnabled: true,
    'members@odata.bind': [`https://graph.microsoft.com/v1.0/users/${USER_ID}`],
  })
  await post('/beta/deviceManagement/roleAssignments', {
    '@odata.type': '#microsoft.graph.deviceAndAppManagementRoleAssignment',
    displayName: 'north',
    members: [group.id],
    scopeType: 'allDevices',
    roleScopeTagIds: [OPERATOR_TAG],
    'roleDefinition@odata.bind': `https://graph.microsoft.com/beta/deviceManagement/roleDefinitions('${READ_ONLY_OPERATOR}')`,
  })
}
