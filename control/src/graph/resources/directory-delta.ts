import { CodedError } from '@muster/shared/core'
import type { MemberTuple, Store } from '../../app/ports.ts'
import type { RowPage } from '../../app/row-query.ts'
import { memberKinds } from '../../domain/directory-change.ts'
import { contextOf, linkWith, wantedOf } from '../collection.ts'
import { errorAnswer, type GraphAnswer, type GraphRequest, type GraphRoute, type Yields } from '../graph-request.ts'
import { type DeltaSource, deltaPage } from '../odata/delta.ts'
import { type Entity, isOf } from '../odata/evaluate.ts'
import { matcherOf } from '../odata/page.ts'
import { selected } from '../odata/select.ts'
import { deviceEntity } from './directory-devices.ts'
import { groupEntity } from './groups.ts'
import { userEntity } from './users.ts'

const usersOf = ({ users }: Store): DeltaSource => ({
  kind: 'user',
  page: async (after, limit) =>
    pageOf(await users.query({ orderBy: [], limit, ...(after ? { after } : {}) }), userEntity),
  byId: async (ids) => (await users.getMany(ids)).map(userEntity),
})

const devicesOf = ({ devices }: Store): DeltaSource => ({
  kind: 'device',
  page: async (after, limit) => {
    const query = { among: 'inDirectory', orderBy: [], limit } as const
    return pageOf(await devices.query({ ...query, ...(after ? { after } : {}) }), deviceEntity)
  },
  byId: async (ids) => (await devices.findInDirectory(ids)).map(deviceEntity),
})

const groupsOf = (store: Store): DeltaSource => ({
  kind: 'group',
  parts: memberKinds,
  page: async (after, limit) =>
    pageOf(await store.groups.query({ orderBy: [], limit, ...(after ? { after } : {}) }), groupEntity),
  byId: async (ids) => {
    const found = await Promise.all(ids.map((id) => store.groups.get(id)))
    return found.flatMap((group) => (group ? [groupEntity(group)] : []))
  },
  shown: async (group, parts) => {
    const members = await store.groups.members(String(group['id']))
    const shown = parts === 'all' ? members : members.filter(({ id }) => parts.has(id))
    const gone = parts === 'all' ? [] : [...parts].filter(([, deleted]) => deleted).map(([id]) => id)
    const changes = [...(await memberEntities(store, shown)), ...(await goneEntities(store, gone))]
    return changes.length === 0 ? group : { ...group, 'members@delta': changes }
  },
})

/** Groups know devices by their own id, the directory by another. */
async function memberEntities({ devices }: Store, members: readonly MemberTuple[]): Promise<readonly Entity[]> {
  const own = members.filter(({ type }) => type === 'device').map(({ id }) => id)
  const directoryIds = new Map((await devices.getMany(own)).map(({ id, directoryId }) => [id, directoryId]))
  return members.map(({ type, id }) => ({ '@odata.type': `#microsoft.graph.${type}`, id: directoryIds.get(id) ?? id }))
}

async function goneEntities(store: Store, ids: readonly string[]): Promise<readonly Entity[]> {
  const devices = new Set((await store.devices.getMany(ids)).map(({ id }) => id))
  const typeOf = async (id: string): Promise<MemberTuple['type']> => {
    if (devices.has(id)) return 'device'
    if (await store.groups.get(id)) return 'group'
    return (await store.servicePrincipals.get(id)) ? 'servicePrincipal' : 'user'
  }
  const gone = await Promise.all(ids.map(async (id): Promise<MemberTuple> => ({ type: await typeOf(id), id })))
  return (await memberEntities(store, gone)).map((entity) => ({ ...entity, '@removed': { reason: 'deleted' } }))
}

function pageOf<T>({ rows, more }: RowPage<T>, entityOf: (row: T) => Entity) {
  return { entities: rows.map(({ row }) => entityOf(row)), keys: rows.at(-1)?.keys, more }
}

const deltaOf =
  (set: string, sourcesOf: (store: Store) => readonly DeltaSource[]) =>
  async (request: GraphRequest): Promise<GraphAnswer> =>
    answerOf(request, set, sourcesOf(request.control.deps.store)).catch((error: unknown) => {
      if (!(error instanceof CodedError) || error.code !== 'graph/delta-expired') throw error
      const { correlationId, root, path } = request
      // Where everything can be read again.
      const refused = errorAnswer(
        { code: error.code, message: error.message },
        correlationId,
        new URL(root + path).pathname,
      )
      return { ...refused, headers: { ...refused.headers, location: `${root}${path}` } }
    })

async function answerOf(request: GraphRequest, set: string, sources: readonly DeltaSource[]): Promise<GraphAnswer> {
  const { store, clock } = request.control.deps
  const { query, cast } = request
  const typed = sources.length > 1 ? sources.map(withType) : sources
  const { entities, token } = await deltaPage({
    changes: store.directoryChanges,
    sources: typed,
    skipToken: query.skipToken,
    deltaToken: query.deltaToken,
    pageSize: request.pageSize,
    bound: wantedOf(request).bound,
    nowMs: clock.nowMs(),
  })
  const matches = matcherOf({ query, entityType: request.yields.type ?? '' })
  const wanted = entities.filter(
    (entity) => entity['@removed'] !== undefined || (matches(entity) && (!cast || isOf(entity, cast, ''))),
  )
  const link = linkWith(request, token.kind === 'skip' ? 'skiptoken' : 'deltatoken', token.value)
  return {
    status: 200,
    body: {
      '@odata.context': contextOf(request, set),
      [token.kind === 'skip' ? '@odata.nextLink' : '@odata.deltaLink']: link,
      value: wanted.map((entity) => selected(entity, query.select)),
    },
  }
}

/** Where entities of several types come together, each says which it is of. */
const withType = (source: DeltaSource): DeltaSource => {
  const typed = (entity: Entity): Entity => ({ '@odata.type': `#microsoft.graph.${source.kind}`, ...entity })
  return {
    ...source,
    page: async (after, limit) => {
      const page = await source.page(after, limit)
      return { ...page, entities: page.entities.map(typed) }
    },
    byId: async (ids) => (await source.byId(ids)).map(typed),
  }
}

const yieldsOf = (type: string): Yields => ({ type, many: true, pageSize: { default: 100, max: 999 } })

/** What has changed in the directory since a client last asked. */
export const directoryDeltaRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/users/delta',
    role: 'User.Read.All',
    of: yieldsOf('user'),
    handle: deltaOf('users', (store) => [usersOf(store)]),
  },
  {
    method: 'GET',
    path: '/groups/delta',
    role: 'Group.Read.All',
    of: yieldsOf('group'),
    handle: deltaOf('groups', (store) => [groupsOf(store)]),
  },
  {
    method: 'GET',
    path: '/devices/delta',
    role: 'Device.Read.All',
    of: yieldsOf('device'),
    handle: deltaOf('devices', (store) => [devicesOf(store)]),
  },
  {
    method: 'GET',
    path: '/directoryObjects/delta',
    role: 'Directory.Read.All',
    of: yieldsOf('directoryObject'),
    handle: deltaOf('directoryObjects', (store) => [usersOf(store), groupsOf(store), devicesOf(store)]),
  },
]
