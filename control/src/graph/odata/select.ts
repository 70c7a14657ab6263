import { CodedError } from '@muster/shared/core'
import type { Entity } from './evaluate.ts'
import { propertyOf, type Shape, type Types } from './shape.ts'

const NAME = /^[\w.@]+(\/[\w.@]+)*$/

/**
 * `$select`: names in lower case, of paths the first property. Empty for all.
 * @throws CodedError `graph/bad-query`
 */
export function parseSelect(text: string | undefined, shape: Shape, types: Types): ReadonlySet<string> {
  const names = (text ?? '').split(',').map((name) => name.trim())
  const selected = new Set<string>()
  for (const name of names) {
    if (name === '') continue
    if (name === '*') return new Set()
    if (!NAME.test(name)) {
      throw new CodedError('graph/bad-query', `'${name.slice(0, 64)}' cannot be selected`, { at: '$select' })
    }
    selected.add(selectedName(name.split('/'), shape, types))
  }
  return selected
}

function selectedName([first = '', ...rest]: readonly string[], shape: Shape, types: Types): string {
  if (first.startsWith('@')) return first.toLowerCase()
  if (first.includes('.')) {
    if (!types.family(first))
      throw new CodedError('graph/bad-query', `there is no type ${first.slice(0, 64)}`, { at: '$select' })
    return rest.length === 0 ? first.toLowerCase() : selectedName(rest, types.shape(first), types)
  }
  propertyOf(shape, first, '$select')
  return first.toLowerCase()
}

/** An entity's selected properties; what identifies it and its type is always among them. */
export function selected(entity: Entity, select: ReadonlySet<string>): Entity {
  if (select.size === 0) return entity
  const isWanted = (name: string): boolean =>
    name === 'id' || name === '@odata.type' || name.startsWith('@') || select.has(name.toLowerCase())
  return Object.fromEntries(Object.entries(entity).filter(([name]) => isWanted(name)))
}
