import { CodedError } from '@muster/shared/core'
import type { GraphObject, Tables } from '../../app/ports.ts'
import { badBody, objectBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { answer, auditOf, type GraphAnswer, type GraphRequest, modifiedProperties, notFound } from '../graph-request.ts'
import { type EntityModel, entityModel, type StructuredType } from '../model/entity-model.ts'
import { type EntityValue, readEntity } from '../model/read-entity.ts'
import { EMPTY_QUERY } from '../odata/query.ts'
import { iso } from '../resources/managed-device.ts'
import { reachesEntity, tagsOfEntity, tagsOfNew } from '../roles/reach.ts'
import { statusesOf } from '../write-statuses.ts'
import { assignmentsIn } from './assignments-in.ts'
import type { BehaviourOf } from './behaviour.ts'
import type { CollectionPlace, ObjectPlace, Place } from './navigation.ts'
import { actualType, ownersExist, partsOf, putObjects, shownObject } from './objects-of.ts'

/** A request for objects that no behaviour stands behind, at a place that the model knows. */
export interface StoredRequest extends GraphRequest {
  readonly model: EntityModel
  readonly behaviourOf: BehaviourOf
  /** Only these objects of the collection are there. */
  readonly isThere?: (object: GraphObject) => boolean
}

/**
 * Objects that are validated, kept and given back: list, create, read, change, replace, delete, and `assign`. Undefined for what is asked for otherwise.
 */
export function storedHandler(
  method: string,
  place: Place,
  behaviourOf: BehaviourOf,
): ((request: StoredRequest) => Promise<GraphAnswer>) | undefined {
  if (method !== 'GET' && isDerived(place, behaviourOf)) return undefined
  switch (place.kind) {
    case 'collection':
      if (method === 'GET') return (request) => list(request, place)
      return method === 'POST' ? (request) => create(request, place) : undefined
    case 'object':
      return {
        GET: (request: StoredRequest) => read(request, place),
        PATCH: (request: StoredRequest) => change(request, place, 'patch'),
        PUT: (request: StoredRequest) => change(request, place, 'create'),
        DELETE: (request: StoredRequest) => remove(request, place),
        POST: collectionActionOf(place, behaviourOf),
      }[method]
    case 'single':
      return method === 'GET' && place.owner ? (request) => readSingle(request, place) : undefined
    case 'operation':
      return place.on.kind === 'object' && method === 'POST' ? actionOf(place.on, place.name, behaviourOf) : undefined
    default:
      return undefined
  }
}

const isDerived = (place: Place, behaviourOf: BehaviourOf): boolean =>
  (place.kind === 'collection' || place.kind === 'object') && behaviourOf(place.collection)?.derived !== undefined

/** Objects of a collection that is not built in: kept, or found elsewhere. */
async function keptObjects(
  request: StoredRequest,
  path: string,
  owner: ObjectPlace | undefined,
): Promise<readonly GraphObject[]> {
  const { objects } = request.control.deps.store
  const derived = request.behaviourOf(path)?.derived
  if (!derived || !owner) return objects.list(path)
  const object = await objects.get(owner.collection, owner.id)
  return object ? derived(request, object) : []
}

async function shownList(request: StoredRequest, place: CollectionPlace): Promise<readonly EntityValue[]> {
  const { store } = request.control.deps
  if (!(await ownersExist(store, place.owner))) notFound(place.owner?.type.name ?? '', place.owner?.id ?? '')
  const { builtIn = [] } = request.behaviourOf(place.collection) ?? {}
  // Here, because v1.0 does not show the tags.
  const { isThere = () => true } = request
  const all = await keptObjects(request, place.collection, place.owner)
  const kept = all.filter((object) => isThere(object) && reachesEntity(request.reach, object))
  const objects = [...builtIn, ...kept]
  const ofType = objects.filter((object) => isOf(request.model, place.type, object))
  return ofType.map((object) => shownObject(request.model, place, object))
}

/** A cast in the path leaves out what is of another type. */
function isOf(model: EntityModel, wanted: StructuredType, object: GraphObject): boolean {
  const { name } = actualType(model, wanted, object)
  return name === wanted.name || wanted.derived.includes(name)
}

const list = async (request: StoredRequest, place: CollectionPlace): Promise<GraphAnswer> =>
  memoryPage(request, place.collection, await shownList(request, place))

async function objectOf(tables: Pick<Tables, 'objects'>, request: StoredRequest, place: ObjectPlace) {
  const builtIn = builtInOf(request, place)
  const { isThere = () => true } = request
  const object = builtIn ?? (await keptObject(tables, request, place))
  return object && isThere(object) && isOf(request.model, place.type, object)
    ? object
    : notFound(place.type.name, place.id)
}

async function keptObject(tables: Pick<Tables, 'objects'>, request: StoredRequest, place: ObjectPlace) {
  if (!isDerived(place, request.behaviourOf)) return tables.objects.get(place.collection, place.id)
  return (await keptObjects(request, place.collection, place.owner)).find(({ id }) => id === place.id)
}

const builtInOf = ({ behaviourOf }: StoredRequest, { collection, id }: ObjectPlace): GraphObject | undefined =>
  behaviourOf(collection)?.builtIn?.find((object) => object.id === id)

/** The object of a write. */
function changeableOf(tables: Pick<Tables, 'objects'>, request: StoredRequest, place: ObjectPlace) {
  if (builtInOf(request, place)) badBody('what is built in cannot be changed or deleted', 'id')
  return objectOf(tables, request, place)
}

const read = async (request: StoredRequest, place: ObjectPlace): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const object = await objectOf(store, request, place)
  return entityAnswer(request, place.collection, shownObject(request.model, place, object))
}

/** An object that its owner has one of at most. */
async function readSingle(request: StoredRequest, place: Extract<Place, { kind: 'single' }>): Promise<GraphAnswer> {
  const { store } = request.control.deps
  if (!(await ownersExist(store, place.owner))) notFound(place.owner?.type.name ?? '', place.owner?.id ?? '')
  const [object] = await keptObjects(request, place.path, place.owner)
  if (!object) return notFound(place.type.name, place.path)
  return entityAnswer(request, place.path, shownObject(request.model, place, object))
}

/** What the service sets on a new or changed object, where its type has it. */
function stamped(request: StoredRequest, type: StructuredType, object: GraphObject, before?: GraphObject): GraphObject {
  const now = iso(request.control.deps.clock.nowMs())
  const set = (name: string, value: unknown): object => (type.property(name) ? { [name]: value } : {})
  return {
    ...(hasTags(type) ? { roleScopeTagIds: before?.['roleScopeTagIds'] ?? tagsOfNew(request.reach) } : {}),
    ...object,
    ...set('createdDateTime', before?.['createdDateTime'] ?? now),
    ...set('lastModifiedDateTime', now),
    ...(type.property('version')?.type.name === 'number' ? { version: Number(before?.['version'] ?? 0) + 1 } : {}),
  }
}

/** Tags are there even where the version that is asked does not show them. */
const hasTags = ({ name }: StructuredType): boolean =>
  entityModel('beta').type(name)?.property('roleScopeTagIds') !== undefined

const create = async (request: StoredRequest, place: CollectionPlace): Promise<GraphAnswer> => {
  const { model, control } = request
  const { store, ids } = control.deps
  const wanted = readEntity(model, place.type.name, request.body, { mode: 'create' })
  const type = actualType(model, place.type, wanted)
  const { creating } = request.behaviourOf(place.collection) ?? {}
  const object = await store.transaction(async (tables) => {
    if (!(await ownersExist(tables, place.owner))) notFound(place.owner?.type.name ?? '', place.owner?.id ?? '')
    const made = stamped(request, type, { ...wanted, id: ids.guid() })
    const object = creating ? await creating(request, tables, made, place.collection) : made
    await putObjects(
      tables,
      place.collection,
      [object],
      (value) => actualType(model, type, value),
      () => ids.guid(),
    )
    await tables.audit.append([audit(request, place, 'Create', undefined, object)])
    return object
  })
  const shown = shownObject(model, place, partsOf(type, object).own as GraphObject)
  return entityAnswer(request, place.collection, shown, statusesOf(place.collection).create)
}

/** PATCH keeps what it does not name, PUT replaces all of it. */
async function change(request: StoredRequest, place: ObjectPlace, mode: 'patch' | 'create'): Promise<GraphAnswer> {
  const { model, control } = request
  const { store, ids } = control.deps
  const shown = await store.transaction(async (tables) => {
    const before = await changeableOf(tables, request, place)
    const type = actualType(model, place.type, before)
    const wanted = readEntity(model, type.name, request.body, { mode })
    const kept = mode === 'patch' ? before : { '@odata.type': before['@odata.type'] ?? `#microsoft.graph.${type.name}` }
    const changed = stamped(request, type, { ...kept, ...wanted, id: before.id }, before)
    const { changing } = request.behaviourOf(place.collection) ?? {}
    const after = changing ? await changing(request, tables, { before, after: changed, place }) : changed
    for (const { property } of partsOf(type, wanted).below)
      for (const { id } of await tables.objects.list(`${place.collection}/${place.id}/${property.name}`))
        await tables.objects.delete(`${place.collection}/${place.id}/${property.name}`, id)
    await putObjects(
      tables,
      place.collection,
      [after],
      (value) => actualType(model, type, value),
      () => ids.guid(),
    )
    await tables.audit.append([audit(request, place, 'Patch', before, after)])
    return shownObject(model, place, partsOf(type, after).own as GraphObject)
  })
  const { patch, replace } = statusesOf(place.collection)
  const status = mode === 'create' ? replace : patch
  return status === 204 ? answer(204) : entityAnswer(request, place.collection, shown, status)
}

const remove = async (request: StoredRequest, place: ObjectPlace): Promise<GraphAnswer> => {
  await request.control.deps.store.transaction(async (tables) => {
    const before = await changeableOf(tables, request, place)
    await tables.objects.delete(place.collection, place.id)
    await tables.audit.append([audit(request, place, 'Delete', before, undefined)])
  })
  return answer(statusesOf(place.collection).remove)
}

/** An action on a collection stands where an id could stand. */
function collectionActionOf(
  { collection, id }: ObjectPlace,
  behaviourOf: BehaviourOf,
): ((request: StoredRequest) => Promise<GraphAnswer>) | undefined {
  const action = behaviourOf(collection)?.collectionActions?.[id.toLowerCase()]
  return (
    action && ((request) => request.control.deps.store.transaction((tables) => action(request, tables, collection)))
  )
}

/** An action of the collection's own, or `assign`. */
function actionOf(
  place: ObjectPlace,
  name: string,
  behaviourOf: BehaviourOf,
): ((request: StoredRequest) => Promise<GraphAnswer>) | undefined {
  const action = behaviourOf(place.collection)?.actions?.[name.toLowerCase()]
  if (!action) return name.toLowerCase() === 'assign' ? assignOf(place) : undefined
  return (request) =>
    request.control.deps.store.transaction(async (tables) =>
      action(request, tables, await objectOf(tables, request, place), place),
    )
}

/** `assign`: the one list in the body is the whole new set of what the object is assigned to. */
function assignOf(place: ObjectPlace): ((request: StoredRequest) => Promise<GraphAnswer>) | undefined {
  return async (request) => {
    const { model, control } = request
    const { store, ids } = control.deps
    const body = objectBody(request.body)
    return store.transaction(async (tables) => {
      const object = await objectOf(tables, request, place)
      const type = actualType(model, place.type, object)
      const property = type.property('assignments')
      const target = property?.navigation ? model.type(property.type.name) : undefined
      if (!property || !target) throw new CodedError('graph/not-served', `a ${type.name} cannot be assigned`)
      const collection = `${place.collection}/${place.id}/${property.name}`
      const assignments = await assignmentsIn(tables, body, {
        ownerId: place.id,
        read: (value) => readEntity(model, target.name, value, { mode: 'create' }),
      })
      const before = await tables.objects.list(collection)
      for (const { id } of before) await tables.objects.delete(collection, id)
      await putObjects(
        tables,
        collection,
        assignments,
        (value) => actualType(model, target, value),
        () => ids.guid(),
      )
      if (type.property('isAssigned'))
        await tables.objects.put(place.collection, [{ ...object, isAssigned: assignments.length > 0 }])
      const was = { ...object, assignments: before }
      await tables.audit.append([audit(request, place, 'Assign', was, { ...object, assignments })])
      const { assign } = statusesOf(place.collection)
      if (assign === 204) return answer(204)
      return { ...memoryPage({ ...request, query: EMPTY_QUERY }, collection, assignments), status: assign }
    })
  }
}

function audit(
  request: StoredRequest,
  { type, collection }: { readonly type: StructuredType; readonly collection: string },
  verb: 'Create' | 'Patch' | 'Delete' | 'Assign',
  before: GraphObject | undefined,
  after: GraphObject | undefined,
) {
  const object = after ?? before
  const { name } = actualType(request.model, type, object ?? {})
  const noun = name.charAt(0).toUpperCase() + name.slice(1)
  const isApp = collection.startsWith('deviceAppManagement')
  return auditOf(
    request,
    {
      activityType: `${verb} ${noun}`,
      operation: verb === 'Assign' ? 'Action' : verb,
      category: isApp ? 'Application' : 'DeviceConfiguration',
      componentName: isApp ? 'MobileApp' : 'DeviceConfiguration',
    },
    {
      id: object?.id ?? '',
      type: noun,
      displayName: String(object?.['displayName'] ?? object?.['name'] ?? ''),
      scopeTagIds: [...(tagsOfEntity(before ?? {}) ?? []), ...(tagsOfEntity(after ?? {}) ?? [])],
      modifiedProperties: modifiedProperties(before, after),
    },
  )
}
