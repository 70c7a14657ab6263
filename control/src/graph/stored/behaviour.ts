import type { GraphObject, Tables } from '../../app/ports.ts'
import type { GraphAnswer } from '../graph-request.ts'
import type { ObjectPlace } from './navigation.ts'
import type { StoredRequest } from './stored-objects.ts'

/** What happens to kept objects of one collection besides being kept. */
export interface StoredBehaviour {
  /** Its path with `{}` for ids: `deviceAppManagement/mobileApps/{}/contentVersions`. */
  readonly collection: string
  /** Objects that are always there, and never change. */
  readonly builtIn?: readonly GraphObject[]
  /** Of an object's own, what is elsewhere already: read only. */
  readonly derived?: (request: StoredRequest, owner: GraphObject) => Promise<readonly GraphObject[]>
  /** The collection below an object is a part of another one, and is read and written there. */
  readonly partOf?: {
    readonly collection: string
    readonly isOf: (ownerId: string, object: GraphObject) => boolean
    /** What a new object is given with it. */
    readonly given: (ownerId: string) => Readonly<Record<string, unknown>>
  }
  /** What the service makes of a new object, in the transaction that creates it. */
  readonly creating?: (
    request: StoredRequest,
    tables: Tables,
    object: GraphObject,
    collection: string,
  ) => Promise<GraphObject>
  /** The same of a change. */
  readonly changing?: (
    request: StoredRequest,
    tables: Tables,
    change: { readonly before: GraphObject; readonly after: GraphObject; readonly place: ObjectPlace },
  ) => Promise<GraphObject>
  /** Actions on an object, by their lower-case name. */
  readonly actions?: Readonly<
    Record<
      string,
      (request: StoredRequest, tables: Tables, object: GraphObject, place: ObjectPlace) => Promise<GraphAnswer>
    >
  >
  /** Actions on the collection, by their lower-case name. */
  readonly collectionActions?: Readonly<
    Record<string, (request: StoredRequest, tables: Tables, collection: string) => Promise<GraphAnswer>>
  >
}

export type BehaviourOf = (collection: string) => StoredBehaviour | undefined

export function behavioursOf(behaviours: readonly StoredBehaviour[]): BehaviourOf {
  const byPattern = new Map(behaviours.map((behaviour) => [behaviour.collection, behaviour]))
  return (collection) => byPattern.get(patternOf(collection))
}

/** The path of a collection with `{}` for ids, which take turns with names behind the singleton. */
export function patternOf(collection: string): string {
  const [root = '', ...rest] = collection.split('/')
  return [root, ...rest.map((segment, index) => (index % 2 === 1 ? '{}' : segment))].join('/')
}
