import type { EntityModel } from './entity-model.ts'
import { roots } from './scope.ts'

/** Functions answer with what no property leads to. */
const functions: Readonly<Record<string, string>> = {
  getDevicesScheduledToRetire: 'retireScheduledManagedDevice',
}

/**
 * The type of what a path pattern leads to: `/users/{id}/manager` → directoryObject. Nothing for what the version does not
 * have, and for actions.
 */
export function typeOfPath(model: EntityModel, path: string): string | undefined {
  const [root = '', ...further] = path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{'))
  let type = model.type(roots[root] ?? '')
  for (const segment of further) {
    // What has changed is of the same type.
    if (segment === 'delta') continue
    const property = type?.property(segment)
    const named = property && property.type.kind !== 'primitive' ? property.type.name : functions[segment]
    type = type && named !== undefined ? model.type(named) : undefined
  }
  return type?.name
}
