import { nearestName } from '@muster/shared/core'
import type { EntityModel, StructuredType } from './entity-model.ts'

/** A name as Graph writes it in `@odata.type` and in messages: `microsoft.graph.managedDevice`. */
export const qualifiedName = (name: string): string => `microsoft.graph.${name}`

/** The type that an `@odata.type` names, or a sentence that says why it cannot stand where `declared` is. */
export function valueType(model: EntityModel, declared: StructuredType, named: unknown): StructuredType | string {
  const bare = typeof named === 'string' ? named.replace(/^#/, '') : ''
  const type = /^microsoft\.graph\./i.test(bare) ? model.type(bare) : undefined
  if (!type) {
    const near = nearestName(bare.replace(/^microsoft\.graph\./i, ''), [declared.name, ...declared.derived])
    const meant = near === undefined ? '' : ` Did you mean '#${qualifiedName(near)}'?`
    const shown = typeof named === 'string' ? named.slice(0, 200) : JSON.stringify(named)?.slice(0, 200)
    return `A type named '${shown}' could not be resolved by the model. When a model is available, each type name must resolve to a valid type.${meant}`
  }
  if (type !== declared && !declared.derived.includes(type.name))
    return `A value with type '${qualifiedName(type.name)}' was found, which is not assignable to the expected type '${qualifiedName(declared.name)}'.`
  if (type.abstract) return `Cannot create an abstract class: '${qualifiedName(type.name)}' is abstract.`
  return type
}
