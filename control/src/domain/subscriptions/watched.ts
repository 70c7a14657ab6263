import { type DirectoryKind, memberKinds } from '../directory-change.ts'

export type ChangeType = 'created' | 'updated' | 'deleted'

/** What a subscription can be for: a set, one of its entities, or the members of a group. */
export interface Watched {
  readonly set: WatchedSet
  /** Of the one entity; absent for all. */
  readonly id?: string
  readonly membersOnly: boolean
}

/** A set whose changes are told. */
export interface WatchedSet {
  /** Below the version. */
  readonly path: string
  readonly kind: DirectoryKind
  /** Changes that count as changes of an entity: who is in a group. */
  readonly parts: readonly DirectoryKind[]
  /** As notifications write them. */
  readonly shown: { readonly path: string; readonly type: string }
  /** What an application needs to hear of it. */
  readonly role: string
  /** Users hear of it as well. */
  readonly forUsers: boolean
  readonly changeTypes: readonly ChangeType[]
}

const all: readonly ChangeType[] = ['created', 'updated', 'deleted']
/** The directory tells that something was made as a change of it. */
const later: readonly ChangeType[] = ['updated', 'deleted']

/**
 * Users and groups are what Graph tells of (https://learn.microsoft.com/graph/change-notifications-overview); devices,
 * and devices as Intune has them, are told of by Muster alone.
 */
const sets: readonly WatchedSet[] = [
  {
    path: 'users',
    kind: 'user',
    parts: [],
    shown: { path: 'Users', type: '#Microsoft.Graph.User' },
    role: 'User.Read.All',
    forUsers: true,
    changeTypes: later,
  },
  {
    path: 'groups',
    kind: 'group',
    parts: memberKinds,
    shown: { path: 'Groups', type: '#Microsoft.Graph.Group' },
    role: 'Group.Read.All',
    forUsers: true,
    changeTypes: later,
  },
  {
    path: 'devices',
    kind: 'device',
    parts: [],
    shown: { path: 'Devices', type: '#Microsoft.Graph.Device' },
    role: 'Device.Read.All',
    forUsers: true,
    changeTypes: all,
  },
  {
    path: 'deviceManagement/managedDevices',
    kind: 'managedDevice',
    parts: [],
    shown: { path: 'deviceManagement/managedDevices', type: '#Microsoft.Graph.managedDevice' },
    role: 'DeviceManagementManagedDevices.Read.All',
    // Which devices a user may see depends on roles and scopes; what is told has no such limits.
    forUsers: false,
    changeTypes: all,
  },
]

const KEY = `(?:/([^/()'?]+)|\\('([^/()'?]+)'\\))`

/** What a `resource` names; undefined for what nobody can subscribe to. `ownId`: of the user who asks. */
export function watchedBy(resource: string, ownId: string | undefined): Watched | undefined {
  const path = resource.replace(/^https:\/\/[^/]+\/(v1\.0|beta)(?=\/)/i, '').replace(/^\/+|\/+$/g, '')
  if (/^me$/i.test(path)) return ownId === undefined ? undefined : watchedBy(`users/${ownId}`, undefined)
  for (const set of sets) {
    const match = new RegExp(`^${set.path}(?:${KEY}(/members)?)?$`, 'i').exec(path)
    if (!match) continue
    const id = match[1] ?? match[2]
    const membersOnly = match[3] !== undefined
    if (membersOnly && set.parts.length === 0) return undefined
    return { set, ...(id === undefined ? {} : { id }), membersOnly }
  }
  return undefined
}

/** What a subscription keeps of what it watches, whole again. */
export function watchedOf({ set, ...rest }: Omit<Watched, 'set'> & { readonly set: string }): Watched {
  const known = sets.find(({ path }) => path === set)
  if (!known) throw new Error(`nobody can subscribe to ${set}`)
  return { ...rest, set: known }
}
