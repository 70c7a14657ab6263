import type { GraphObject, Tables } from '../../app/ports.ts'
import { completeEntity } from '../model/complete-entity.ts'
import type { EntityModel, Property, StructuredType } from '../model/entity-model.ts'
import type { EntityValue } from '../model/read-entity.ts'
import type { ObjectPlace } from './navigation.ts'

/** An object without what belongs to it, and what belongs to it by its property. */
export interface Parts {
  readonly own: EntityValue
  readonly below: readonly { readonly property: Property; readonly values: readonly EntityValue[] }[]
}

/** Take apart what a client wrote in one body: an object, and objects below it. */
export function partsOf(type: StructuredType, value: EntityValue): Parts {
  const own: [string, unknown][] = []
  const below: { property: Property; values: readonly EntityValue[] }[] = []
  for (const [name, member] of Object.entries(value)) {
    const property = type.property(name)
    if (!property?.navigation) own.push([name, member])
    else if (Array.isArray(member)) below.push({ property, values: member as readonly EntityValue[] })
    else if (member !== null) below.push({ property, values: [member as EntityValue] })
  }
  return { own: Object.fromEntries(own), below }
}

/** Write objects into a collection, and what belongs to each below it. */
export async function putObjects(
  tables: Pick<Tables, 'objects'>,
  collection: string,
  objects: readonly GraphObject[],
  typeOf: (value: EntityValue) => StructuredType,
  newId: () => string,
): Promise<void> {
  for (const object of objects) {
    const { own, below } = partsOf(typeOf(object), object)
    await tables.objects.put(collection, [{ ...own, id: object.id }])
    for (const { property, values } of below) {
      const members = values.map((value): GraphObject => ({ ...value, id: String(value['id'] ?? newId()) }))
      await putObjects(tables, `${collection}/${object.id}/${property.name}`, members, typeOf, newId)
    }
  }
}

/** An object as Graph shows it. */
export const shownObject = (
  model: EntityModel,
  { type }: { readonly type: StructuredType },
  object: GraphObject,
): EntityValue => completeEntity(model, type.name, object)

/** The type that an object says it is of. */
export function actualType(model: EntityModel, declared: StructuredType, object: EntityValue): StructuredType {
  const named = object['@odata.type']
  return (typeof named === 'string' ? model.type(named) : undefined) ?? declared
}

/** Whether the object that a place lies below is there. */
export async function ownersExist(tables: Pick<Tables, 'objects'>, owner: ObjectPlace | undefined): Promise<boolean> {
  for (let each = owner; each; each = each.owner)
    if (!(await tables.objects.get(each.collection, each.id))) return false
  return true
}
