import type { GraphObject } from '../../app/ports.ts'
import { entityAnswer } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
} from '../graph-request.ts'
import { completeEntity } from '../model/complete-entity.ts'
import { entityModel } from '../model/entity-model.ts'
import { readWritten } from '../written.ts'

/** An object that a tenant has one of. */
interface TenantObject {
  readonly name: string
  readonly type: string
  /** It is not there before somebody has written it. */
  readonly isMade?: true
}

const tenantObjects: readonly TenantObject[] = [
  { name: 'androidForWorkSettings', type: 'androidForWorkSettings' },
  { name: 'androidManagedStoreAccountEnterpriseSettings', type: 'androidManagedStoreAccountEnterpriseSettings' },
  { name: 'applePushNotificationCertificate', type: 'applePushNotificationCertificate', isMade: true },
  { name: 'conditionalAccessSettings', type: 'onPremisesConditionalAccessSettings' },
  { name: 'remoteAssistanceSettings', type: 'remoteAssistanceSettings' },
  { name: 'windowsAutopilotSettings', type: 'windowsAutopilotSettings' },
]

const setOf = ({ name }: TenantObject): string => `deviceManagement/${name}`

const get =
  (object: TenantObject) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const [kept] = await request.control.deps.store.objects.list(setOf(object))
    if (!kept && object.isMade) return notFound(object.type, request.tenantId)
    const shown = completeEntity(entityModel('beta'), object.type, kept ?? { id: request.tenantId })
    return entityAnswer(request, setOf(object), shown)
  }

const patch =
  (object: TenantObject) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const written = readWritten({ ...request, version: 'beta' }, object.type, 'patch')
    const noun = object.type.charAt(0).toUpperCase() + object.type.slice(1)
    await request.control.deps.store.transaction(async (tables) => {
      const [before] = await tables.objects.list(setOf(object))
      const after: GraphObject = { ...before, ...written, id: request.tenantId }
      await tables.objects.put(setOf(object), [after])
      const audit = auditOf(
        request,
        { activityType: `Patch ${noun}`, operation: 'Patch', category: 'Other', componentName: 'DeviceManagement' },
        {
          id: after.id,
          type: noun,
          displayName: object.name,
          modifiedProperties: modifiedProperties(before, after),
        },
      )
      await tables.audit.append([audit])
    })
    return answer(204)
  }

/** Settings of the tenant that nothing acts upon: checked, kept and given back. */
export const tenantObjectRoutes: readonly GraphRoute[] = tenantObjects.flatMap((object): readonly GraphRoute[] => [
  {
    method: 'GET',
    path: `/${setOf(object)}`,
    role: 'DeviceManagementServiceConfig.Read.All',
    of: { type: object.type },
    handle: get(object),
  },
  {
    method: 'PATCH',
    path: `/${setOf(object)}`,
    role: 'DeviceManagementServiceConfig.ReadWrite.All',
    handle: patch(object),
  },
])
