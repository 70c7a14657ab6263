import { z } from 'zod'
import type { GraphObject } from '../../app/ports.ts'
import type { TenantSettings } from '../../domain/model.ts'
import { badBody, parseBody } from '../body.ts'
import { entityAnswer } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
} from '../graph-request.ts'
import { entityModel } from '../model/entity-model.ts'
import type { EntityValue } from '../model/read-entity.ts'
import { publishFrom } from '../publishing.ts'
import { readWritten } from '../written.ts'

/** What nothing acts upon is kept here, as it was written. */
const KEPT = 'deviceManagement'

interface Kept extends GraphObject {
  readonly settings?: object
}

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { objects, settings } = request.control.deps.store
  const kept: Kept | undefined = await objects.get(KEPT, request.tenantId)
  return entityAnswer(request, 'deviceManagement', {
    ...kept,
    id: request.tenantId,
    intuneAccountId: request.tenantId,
    subscriptionState: 'active',
    settings: { ...kept?.settings, ...(await settings.get()) },
  })
}

const TenantPatch = z.object({
  settings: z
    .object({ secureByDefault: z.boolean(), deviceComplianceCheckinThresholdDays: z.number().int().min(1).max(120) })
    .partial()
    .default({}),
})

/** What a write says of the tenant itself: collections are written where they are. */
function writtenOf(request: GraphRequest): EntityValue {
  const written = readWritten(request, 'deviceManagement', 'patch')
  const type = entityModel('beta').type('deviceManagement')
  const foreign = Object.keys(written).find((name) => type?.property(name.split('@')[0] ?? '')?.navigation)
  return foreign === undefined ? written : badBody(`Property '${foreign}' is written at a path of its own.`, foreign)
}

/** Each setting by itself. */
const auditable = (kept: Kept | undefined, settings: TenantSettings): object => ({
  ...kept,
  settings: undefined,
  ...kept?.settings,
  ...settings,
})

/** Settings of the tenant decide on compliance: every device is looked at again. */
const patch = async (request: GraphRequest): Promise<GraphAnswer> => {
  const written = writtenOf(request)
  const { settings } = parseBody(TenantPatch, written)
  await publishFrom(request, undefined, async (tables) => {
    const before = await tables.settings.get()
    const after = {
      secureByDefault: settings.secureByDefault ?? before.secureByDefault,
      deviceComplianceCheckinThresholdDays:
        settings.deviceComplianceCheckinThresholdDays ?? before.deviceComplianceCheckinThresholdDays,
    }
    await tables.settings.put(after)
    const kept: Kept | undefined = await tables.objects.get(KEPT, request.tenantId)
    const further = { ...kept?.settings, ...(written['settings'] as object | undefined) }
    const next: Kept = { ...kept, ...written, settings: further, id: request.tenantId }
    await tables.objects.put(KEPT, [next])
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
        modifiedProperties: modifiedProperties(auditable(kept, before), auditable(next, after)),
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
