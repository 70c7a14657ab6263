import { nearestName } from '@muster/shared/core'
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml'

type Path = readonly (string | number)[]

/** A value of a scenario that is another than in the file: `population.size=20`. */
export interface Change {
  readonly text: string
  readonly path: Path
}

/** What is wrong with the text of a change; `column` counts from 1. */
export interface ChangeProblem {
  readonly text: string
  readonly column: number
  readonly message: string
}

/**
 * Put values into a document: `path=value`, the path with dots, the value as YAML. Where there is a list, what stands in it
 * goes by its number, or by its id or name: `phases.settle.duration=2h`.
 */
export function applyChanges(
  document: Document,
  texts: readonly string[],
): { readonly changes: readonly Change[]; readonly problems: readonly ChangeProblem[] } {
  const changes: Change[] = []
  const problems: ChangeProblem[] = []
  for (const text of texts) {
    const at = text.indexOf('=')
    const path = at > 0 ? pathIn(document, text.slice(0, at).split('.')) : 'expected path=value'
    if (typeof path === 'string') {
      problems.push({ text, column: 1, message: path })
      continue
    }
    try {
      document.setIn(path, document.createNode(valueIn(text.slice(at + 1))))
      changes.push({ text, path })
    } catch (error) {
      problems.push({ text, column: at + 2, message: (error as Error).message.split('\n')[0] ?? 'it cannot be read' })
    }
  }
  return { changes, problems }
}

/** A value as YAML has it. Throws what is wrong with it. */
function valueIn(text: string): unknown {
  const value = parseDocument(text)
  if (value.errors[0]) throw value.errors[0]
  return value.toJS()
}

/** Where in the text of a change its value stands, or its last key; from 1. */
export const columnIn = ({ text }: Change, atKey: boolean): number =>
  atKey ? text.slice(0, text.indexOf('=')).lastIndexOf('.') + 2 : text.indexOf('=') + 2

/** The change that a place in a scenario comes from, if any does. */
export const changeAt = (changes: readonly Change[], path: Path): Change | undefined =>
  changes.findLast((change) => change.path.every((part, index) => String(part) === String(path[index])))

/** The path in a document's own terms, or what is wrong with it. */
function pathIn(document: Document, segments: readonly string[]): Path | string {
  const path: (string | number)[] = []
  for (const segment of segments) {
    const holder = path.length === 0 ? document.contents : document.getIn(path, true)
    if (!isSeq(holder)) {
      if (isScalar(holder) && holder.value !== null) return `${path.join('.')} is a value: nothing stands in it`
      path.push(segment)
      continue
    }
    const names = holder.items.map((item) => (isMap(item) ? String(item.get('id') ?? item.get('name') ?? '') : ''))
    const index = /^\d+$/.test(segment) ? Number(segment) : names.indexOf(segment)
    if (index < 0 || index > holder.items.length) {
      const near = nearestName(segment, names)
      const hint = near ? `; did you mean ${JSON.stringify(near)}?` : ''
      return `there is no ${JSON.stringify(segment)} in ${path.join('.')}${hint}`
    }
    path.push(index)
  }
  return path
}
