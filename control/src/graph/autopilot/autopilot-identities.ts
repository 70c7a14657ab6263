import { z } from 'zod'
import type { GraphObject, Tables } from '../../app/ports.ts'
import { badBody, objectBody, parseBody } from '../body.ts'
import { contextOf } from '../collection.ts'
import { answer } from '../graph-request.ts'
import { readEntity } from '../model/read-entity.ts'
import type { StoredBehaviour } from '../stored/behaviour.ts'
import type { StoredRequest } from '../stored/stored-objects.ts'

const IMPORTED = 'deviceManagement/importedWindowsAutopilotDeviceIdentities'
const REGISTERED = 'deviceManagement/windowsAutopilotDeviceIdentities'

/** Devices in one import. */
const IMPORT_MAX = 500

/** Register a device that was imported: by its serial number it is known from now on. A number is registered once. */
async function register(request: StoredRequest, { objects }: Tables, imported: GraphObject): Promise<GraphObject> {
  const serialNumber = imported['serialNumber']
  const failed = (code: number, name: string): GraphObject => ({
    ...imported,
    state: { deviceImportStatus: 'error', deviceErrorCode: code, deviceErrorName: name, deviceRegistrationId: '' },
  })
  if (typeof serialNumber !== 'string' || serialNumber === '') return failed(801, 'InvalidZtdHardwareHash')
  const known = await objects.list(REGISTERED)
  if (known.some((device) => device['serialNumber'] === serialNumber)) return failed(806, 'ZtdDeviceAlreadyAssigned')
  const { ids } = request.control.deps
  const registered: GraphObject = {
    id: ids.guid(),
    serialNumber,
    groupTag: imported['groupTag'] ?? '',
    productKey: imported['productKey'] ?? '',
    userPrincipalName: imported['assignedUserPrincipalName'] ?? '',
    enrollmentState: 'notContacted',
    deploymentProfileAssignmentStatus: 'notAssigned',
    azureActiveDirectoryDeviceId: ids.guid(),
  }
  await objects.put(REGISTERED, [registered])
  const state = { deviceErrorCode: 0, deviceErrorName: '', deviceRegistrationId: registered.id }
  return { ...imported, state: { deviceImportStatus: 'complete', ...state } }
}

const imported: StoredBehaviour = {
  collection: IMPORTED,
  creating: register,
  collectionActions: {
    import: async (request, tables, collection) => {
      const list = objectBody(request.body)['importedWindowsAutopilotDeviceIdentities']
      if (!Array.isArray(list) || list.length > IMPORT_MAX)
        return badBody(
          `a list of at most ${IMPORT_MAX} devices was expected`,
          'importedWindowsAutopilotDeviceIdentities',
        )
      const { model, control } = request
      const made: GraphObject[] = []
      for (const item of list) {
        const read = readEntity(model, 'importedWindowsAutopilotDeviceIdentity', item, { mode: 'create' })
        made.push(await register(request, tables, { ...read, id: control.deps.ids.guid() }))
      }
      await tables.objects.put(collection, made)
      return answer(200, { '@odata.context': contextOf(request, collection), value: made })
    },
  },
}

const Properties = z.object({
  userPrincipalName: z.string().max(200).nullish(),
  addressableUserName: z.string().max(200).nullish(),
  groupTag: z.string().max(200).nullish(),
  displayName: z.string().max(200).nullish(),
})

const given = (properties: z.infer<typeof Properties>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined && value !== null))

const registered: StoredBehaviour = {
  collection: REGISTERED,
  actions: {
    updatedeviceproperties: async ({ body }, { objects }, device, { collection }) => {
      await objects.put(collection, [{ ...device, ...given(parseBody(Properties, body)) }])
      return answer(204)
    },
    assignusertodevice: async ({ body }, { objects }, device, { collection }) => {
      const { userPrincipalName, addressableUserName } = parseBody(Properties, body)
      if (!userPrincipalName) badBody('a user was expected', 'userPrincipalName')
      await objects.put(collection, [{ ...device, userPrincipalName, addressableUserName: addressableUserName ?? '' }])
      return answer(204)
    },
    unassignuserfromdevice: async (_, { objects }, device, { collection }) => {
      await objects.put(collection, [{ ...device, userPrincipalName: '', addressableUserName: '' }])
      return answer(204)
    },
  },
}

/** Windows Autopilot: devices are imported by their hardware, and are registered from then on. */
export const autopilotBehaviours: readonly StoredBehaviour[] = [imported, registered]
