import { updateDynamicGroupsOf } from '../../app/dynamic-groups.ts'
import type { Tables } from '../../app/ports.ts'
import type { Device } from '../../domain/model.ts'
import { parseBody } from '../body.ts'
import { entityAnswer } from '../collection.ts'
import { answer, type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { publishFrom } from '../publishing.ts'
import { Reference, referredId } from './directory-references.ts'
import { auditDevice, changedDevice } from './managed-device-writes.ts'
import { deviceOf } from './managed-devices.ts'

const CATEGORIES = 'deviceManagement/deviceCategories'
/** The category of a device that has none. */
const NOBODYS = { id: '00000000-0000-0000-0000-000000000000', displayName: 'Unknown', description: null }

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { attributes } = await deviceOf(request)
  const { deviceCategory: name } = attributes
  const categories = await request.control.deps.store.objects.list(CATEGORIES)
  const found = categories.find(({ displayName }) => displayName === name)
  // A device may have come with a category that nobody has made here.
  const shown = found ?? { ...NOBODYS, displayName: name ?? NOBODYS.displayName }
  return entityAnswer(request, CATEGORIES, shown)
}

async function categorize(
  request: GraphRequest,
  nameOf: (tables: Tables) => Promise<string | undefined>,
): Promise<GraphAnswer> {
  await publishFrom(request, undefined, async (tables) => {
    const name = await nameOf(tables)
    const before = await changedDevice(tables, request)
    const { deviceCategory: _, ...attributes } = before.attributes
    const after: Device = {
      ...before,
      attributes: name === undefined ? attributes : { ...attributes, deviceCategory: name },
    }
    await tables.devices.put([after])
    // Groups may ask for it, and assignment filters do.
    await updateDynamicGroupsOf(tables, [after])
    return { audit: await auditDevice(request, tables, before, after), devices: [after], answer: undefined }
  })
  return answer(204)
}

const set = (request: GraphRequest): Promise<GraphAnswer> => {
  const id = referredId(parseBody(Reference, request.body)['@odata.id'])
  return categorize(request, async ({ objects }) => {
    const category = (await objects.get(CATEGORIES, id)) ?? notFound('deviceCategory', id)
    return String(category['displayName'])
  })
}

const ONE = '/deviceManagement/managedDevices/{id}/deviceCategory'
const WRITE = 'DeviceManagementManagedDevices.ReadWrite.All'

/** The category of a device: its name is what groups, filters and reports know. */
export const deviceCategoryRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: ONE,
    role: 'DeviceManagementManagedDevices.Read.All',
    of: { type: 'deviceCategory' },
    handle: get,
  },
  { method: 'PUT', path: `${ONE}/$ref`, role: WRITE, handle: set },
  {
    method: 'DELETE',
    path: `${ONE}/$ref`,
    role: WRITE,
    handle: (request) => categorize(request, async () => undefined),
  },
]
