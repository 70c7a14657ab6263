import type { Tables } from '../../app/ports.ts'
import { withDefaults } from '../../domain/default-restrictions.ts'
import type { Policy } from '../../domain/model.ts'
import { tagsOfDevices } from './device-sight.ts'
import { tagsOfEntity } from './reach.ts'

/** An object that tags are on: the collection in Graph's spelling, and its id there. */
export interface TaggedObject {
  readonly collection: string
  readonly id: string
}

export const MANAGED_DEVICES = 'deviceManagement/managedDevices'

type Lookup = (
  tables: Tables,
  id: string,
) => Promise<{ readonly scopeTagIds?: readonly string[] | undefined } | undefined>

const policyOf =
  (resource: string): Lookup =>
  async ({ policies }, id) => {
    const policy: Policy | undefined = await policies.get(id)
    return policy?.graphResource === resource ? policy : undefined
  }

/** Objects that have tables of their own. */
const lookups: Readonly<Record<string, Lookup>> = {
  ...Object.fromEntries(
    ['deviceCompliancePolicies', 'compliancePolicies', 'deviceConfigurations', 'configurationPolicies'].map((name) => [
      `deviceManagement/${name}`,
      policyOf(name),
    ]),
  ),
  'deviceManagement/assignmentFilters': ({ filters }, id) => filters.get(id),
  // Clients know the default ones by the tenant's id before their own.
  'deviceManagement/deviceEnrollmentConfigurations': async ({ restrictions }, id) =>
    withDefaults(await restrictions.list()).find((each) => each.id === id.split('_').at(-1)),
  'deviceManagement/notificationMessageTemplates': ({ templates }, id) => templates.get(id),
}

/** Tags of an object; undefined for what has none, or is not there. */
export async function tagsOfObject(
  tables: Tables,
  { collection, id }: TaggedObject,
): Promise<readonly string[] | undefined> {
  if (collection === MANAGED_DEVICES) {
    const [device] = await tables.devices.getMany([id])
    return device && (await tagsOfDevices(tables, [device]))(id)
  }
  const lookup = Object.hasOwn(lookups, collection) ? lookups[collection] : undefined
  if (lookup) {
    const found = await lookup(tables, id)
    return found && (found.scopeTagIds ?? [])
  }
  const object = await tables.objects.get(collection, id)
  return object && tagsOfEntity(object)
}

/** Whom an object is assigned to, as Graph writes targets. */
export async function targetsOfObject(
  tables: Tables,
  { collection, id }: TaggedObject,
): Promise<readonly { readonly id: string; readonly target: unknown }[]> {
  const lookup = Object.hasOwn(lookups, collection) ? lookups[collection] : undefined
  const own = (await lookup?.(tables, id)) as { assignments?: Policy['assignments'] } | undefined
  if (own) return (own.assignments ?? []).map((assignment) => ({ id: assignment.id, target: assignment.target }))
  const objects = await tables.objects.list(`${collection}/${id}/assignments`)
  return objects.map((object) => ({ id: object.id, target: object['target'] }))
}
