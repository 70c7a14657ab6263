import { z } from 'zod'
import { parseBody } from '../body.ts'
import { entityAnswer } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
} from '../graph-request.ts'
import { publishFrom } from '../publishing.ts'

const get = async (request: GraphRequest): Promise<GraphAnswer> =>
  entityAnswer(request, 'deviceManagement', {
    id: request.tenantId,
    intuneAccountId: request.tenantId,
    subscriptionState: 'active',
    settings: await request.control.deps.store.settings.get(),
  })

const TenantPatch = z.object({
  settings: z
    .object({ secureByDefault: z.boolean(), deviceComplianceCheckinThresholdDays: z.number().int().min(1).max(120) })
    .partial(),
})

/** Settings of the tenant decide on compliance: every device is looked at again. */
const patch = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { settings } = parseBody(TenantPatch, request.body)
  await publishFrom(request, undefined, async (tables) => {
    const before = await tables.settings.get()
    const after = {
      secureByDefault: settings.secureByDefault ?? before.secureByDefault,
      deviceComplianceCheckinThresholdDays:
        settings.deviceComplianceCheckinThresholdDays ?? before.deviceComplianceCheckinThresholdDays,
    }
    await tables.settings.put(after)
    const audit = auditOf(
      request,
      {
        activityType: 'Patch DeviceManagementSettings',
        operation: 'Patch',
        category: 'Compliance',
        componentName: 'DeviceManagement',
      },
      {
        id: request.tenantId,
        type: 'DeviceManagementSettings',
        displayName: 'Settings',
        modifiedProperties: modifiedProperties(before, after),
      },
    )
    return { audit, evaluate: true, answer: undefined }
  })
  return answer(204)
}

export const tenantRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/deviceManagement',
    role: 'DeviceManagementConfiguration.Read.All',
    of: { type: 'deviceManagement' },
    handle: get,
  },
  { method: 'PATCH', path: '/deviceManagement', role: 'DeviceManagementConfiguration.ReadWrite.All', handle: patch },
]
