import { CodedError } from '@muster/shared/core'
import type { GraphObject, Tables } from '../../app/ports.ts'
import { DEFAULT_SCOPE_TAG, type IntuneAccess } from '../../domain/intune-roles/access.ts'
import { resourceActions } from '../../domain/intune-roles/actions.ts'
import { badBody } from '../body.ts'
import { type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { subjectsOf } from './device-sight.ts'
import { ROLE_ASSIGNMENTS, ROLE_SCOPE_TAGS, scopeOf } from './intune-access.ts'
import { MANAGED_DEVICES, type TaggedObject, tagsOfObject, targetsOfObject } from './object-tags.ts'
import { tagsOfNew } from './reach.ts'
import { readingFor } from './route-actions.ts'
import { differing, subjectOfTarget, targetsIn } from './targets.ts'
import { tagsIn } from './written-tags.ts'

/** @throws CodedError `graph/not-permitted`, as Intune says it to people */
export const notPermitted = (): never => {
  throw new CodedError('graph/not-permitted', 'User is not authorized to perform this operation.')
}

/**
 * That a request keeps to what its sender may see and change: the object of its path, the tags that it gives, and whom it
 * assigns to. Who is not limited by roles may do all of it, but tags must be there.
 * @throws CodedError `graph/not-permitted`, `graph/not-found` for what the sender does not see, `graph/bad-body`
 */
export async function requireReach(request: GraphRequest, route: GraphRoute): Promise<void> {
  const object = objectOf(route, request.params)
  const isWrite = route.method !== 'GET'
  const collection = object?.collection ?? collectionOf(route.path)
  const tags = isWrite && writesTags(route, object) ? tagsIn(collection, request.body) : undefined
  const { store } = request.control.deps
  if (tags) await requireTags(store, tags)
  const { access, actions } = request.reach
  if (!access) return
  const action = actions.find((each) => access.may(each))
  if (action === undefined) return
  const before = object && (await tagsOfObject(store, object))
  if (object && before) await requireObject(request, access, action, { ...object, scopeTagIds: before })
  if (!isWrite) return
  if (tags) requireOwnTags(access, action, before, tags)
  // Who gave a tag that they do not hold to devices, or theirs to devices out of scope, would see more than they may.
  if (object?.collection === ROLE_SCOPE_TAGS && access.tagsFor(action)?.has(object.id) === false) notPermitted()
  if (collection === ROLE_ASSIGNMENTS) {
    if (writesTags(route, object)) await requireWithin(request, access, object)
  } else await requireTargets(request, route, access, action, object)
}

/** An object is made or changed, and not what lies below it: that has no tags of its own. */
function writesTags({ method, path }: GraphRoute, object: TaggedObject | undefined): boolean {
  const depth = path.split('/').length
  return object ? (method === 'PATCH' || method === 'PUT') && depth <= 4 : method === 'POST' && depth <= 3
}

/** The object that the path leads to or below, by which all of it is judged. */
function objectOf(route: GraphRoute, params: GraphRequest['params']): TaggedObject | undefined {
  if (route.object) return route.object
  const device = /\/managedDevices\/\{(\w+)\}/.exec(route.path)?.[1]
  if (device !== undefined) return { collection: MANAGED_DEVICES, id: params[device] ?? '' }
  const [, collection, id] = /^\/(device(?:App)?Management\/\w+)\/\{(\w+)\}/.exec(route.path) ?? []
  return collection === undefined ? undefined : { collection, id: params[id ?? ''] ?? '' }
}

const collectionOf = (path: string): string => path.slice(1).split('/').slice(0, 2).join('/')

async function requireTags({ objects }: Pick<Tables, 'objects'>, tags: readonly string[]): Promise<void> {
  if (tags.every((tag) => tag === DEFAULT_SCOPE_TAG)) return
  const known = new Set([DEFAULT_SCOPE_TAG, ...(await objects.list(ROLE_SCOPE_TAGS)).map(({ id }) => id)])
  const unknown = tags.find((tag) => !known.has(tag))
  if (unknown !== undefined) badBody(`there is no scope tag ${unknown.slice(0, 40)}`, 'roleScopeTagIds')
}

/** What is not seen is not there; what is seen and not within the scope of the right is refused. */
async function requireObject(
  { control }: GraphRequest,
  access: IntuneAccess,
  action: string,
  { collection, id, scopeTagIds }: TaggedObject & { readonly scopeTagIds: readonly string[] },
): Promise<void> {
  const reading = readingFor(action)
  const isRead = action === reading || /_ViewReports$/.test(action)
  const sees = access.mayWith(reading, { scopeTagIds })
  if (collection === MANAGED_DEVICES && !isRead) {
    const { devices, groups } = control.deps.store
    const [device] = await devices.getMany([id])
    const subject = device && (await subjectsOf({ groups }, [device]))(device)
    if (!subject || access.mayWith(action, { scopeTagIds, subject })) return
  } else if (access.mayWith(action, { scopeTagIds })) return
  if (isRead || !sees) notFound(collection.split('/')[1] ?? '', id)
  notPermitted()
}

/** Nobody gives or takes away a tag that they do not hold. No tag is the default one. */
function requireOwnTags(
  access: IntuneAccess,
  action: string,
  before: readonly string[] | undefined,
  given: readonly string[],
): void {
  const held = access.tagsFor(action)
  if (!held) return
  const filled = (tags: readonly string[]): ReadonlySet<string> =>
    new Set(tags.length === 0 ? [DEFAULT_SCOPE_TAG] : tags)
  const after = filled(given)
  const changed = before ? differing(filled(before), after) : [...after]
  if (!changed.every((tag) => held.has(tag))) notPermitted()
}

/** A role is given no further than the giver's own goes. */
async function requireWithin(
  request: GraphRequest,
  access: IntuneAccess,
  object: TaggedObject | undefined,
): Promise<void> {
  const { body, control, reach } = request
  if (typeof body !== 'object' || body === null) return
  const before = object && (await control.deps.store.objects.get(object.collection, object.id))
  const after = { ...before, ...body, id: '' } as GraphObject
  const scopeTagIds = tagsIn(ROLE_ASSIGNMENTS, body) ?? (before ? tagsIn(ROLE_ASSIGNMENTS, before) : undefined)
  const given = { scopeTagIds: scopeTagIds ?? tagsOfNew(reach), scope: scopeOf(after) }
  if (!reach.actions.some((action) => access.mayGive(action, given))) notPermitted()
}

const known: ReadonlySet<string> = new Set(resourceActions.map(({ id }) => id))

/** Assigning is a right of its own where the resource tells it apart. */
function assigningFor(action: string): string {
  const assigning = action.replace(/_[A-Za-z]+$/, '_Assign')
  return known.has(assigning) ? assigning : action
}

/** An assignment that is made or taken away is one to a group in scope. */
async function requireTargets(
  { control, body, reach }: GraphRequest,
  route: GraphRoute,
  access: IntuneAccess,
  action: string,
  object: TaggedObject | undefined,
): Promise<void> {
  const { store } = control.deps
  const changed = await targetsChanged(store, route, object, body)
  const assigning = assigningFor(action)
  const scopeTagIds = await tagsAssigned(store, route, object, { body, reach }, access.tagsFor(assigning))
  for (const target of changed)
    if (!access.mayWith(assigning, { scopeTagIds, subject: await subjectOfTarget(store, target) })) notPermitted()
}

/** Tags of what is assigned; where it cannot have any, those that the sender holds. */
async function tagsAssigned(
  tables: Tables,
  route: GraphRoute,
  object: TaggedObject | undefined,
  { body, reach }: Pick<GraphRequest, 'body' | 'reach'>,
  held: ReadonlySet<string> = new Set(),
): Promise<readonly string[]> {
  if (!object) return tagsIn(collectionOf(route.path), body) ?? tagsOfNew(reach)
  if (object.collection === ROLE_SCOPE_TAGS) return [object.id]
  return (await tagsOfObject(tables, object)) ?? [...held]
}

async function targetsChanged(
  tables: Tables,
  { method, path, operation, lastId }: GraphRoute,
  object: TaggedObject | undefined,
  body: unknown,
): Promise<readonly string[]> {
  const after = targetsIn(body)
  if (!object) return [...after]
  const isAssign = (operation ?? path.split('/').at(-1))?.toLowerCase() === 'assign'
  const isWhole = isAssign || (typeof body === 'object' && body !== null && 'assignments' in body)
  const present = await targetsOfObject(tables, object)
  if (isWhole) return differing(targetsIn(present), after)
  const one = /\/assignments\/\{\w*\}$/.test(path) && method !== 'POST' ? lastId : undefined
  return [...after, ...targetsIn(present.filter(({ id }) => id === one))]
}
