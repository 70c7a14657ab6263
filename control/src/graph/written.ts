import type { GraphRequest } from './graph-request.ts'
import { entityModel } from './model/entity-model.ts'
import { type EntityValue, readEntity } from './model/read-entity.ts'

/**
 * The body of a request that writes an entity, checked against its type in the version that is asked, or in beta for what
 * v1.0 does not have and Muster serves there as well.
 * @throws CodedError `graph/bad-body`
 */
export function readWritten(
  { version, body }: Pick<GraphRequest, 'version' | 'body'>,
  type: string,
  mode: 'create' | 'patch',
): EntityValue {
  const own = entityModel(version)
  return readEntity(own.type(type) ? own : entityModel('beta'), type, body, { mode })
}

/**
 * What an entity has beside the properties that the service acts upon: kept and shown as it was written. `null` takes a
 * property away.
 */
export function furtherOf(
  before: EntityValue | undefined,
  written: EntityValue,
  acted: ReadonlySet<string>,
): EntityValue | undefined {
  const further = Object.entries(written).filter(([name]) => !acted.has(name) && !name.includes('@'))
  const kept = Object.entries({ ...before, ...Object.fromEntries(further) }).filter(([, value]) => value !== null)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
