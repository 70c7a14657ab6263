import { CodedError } from '@muster/shared/core'
import { splitOutside } from './split.ts'

/** A piece of a path, decoded. */
export interface Segment {
  readonly kind: 'name' | 'key'
  readonly text: string
  /** Of a function, or the alternate key of an entity: `(appId='…')`, names in lower case. */
  readonly named?: ReadonlyMap<string, string>
}

const CALL = /^([^()]*)\((.*)\)$/s
const NAMED = /^\s*(\w+)\s*=\s*([^=\s].*?)\s*$/s
const SEGMENTS_MAX = 32

/**
 * The segments of a path below the version: doubled and trailing slashes do not count, `X('id')` and `X(id)` are `X/id`, and
 * `X(a='b')` and `X/a=b` are `X` with something named. Names are not looked at here.
 * @throws CodedError `graph/bad-query` for what is not encoded correctly
 */
export function readPath(path: string): readonly Segment[] {
  const segments: Segment[] = []
  for (const text of (splitOutside(path, '/') ?? path.split('/')).map(decode)) {
    if (text === '') continue
    const call = CALL.exec(text)
    if (call?.[1]) segments.push(...readCall(call[1], call[2] ?? ''))
    else segments.push(...readPlain(text, segments.pop()))
  }
  if (segments.length > SEGMENTS_MAX)
    throw new CodedError('graph/bad-query', `The path has more than ${SEGMENTS_MAX} segments.`)
  return segments
}

/** `appId=…` after a name is the alternate key of an entity, as `(appId='…')` is. */
function readPlain(text: string, before: Segment | undefined): readonly Segment[] {
  const [, name, value] = NAMED.exec(text) ?? []
  if (before?.kind === 'name' && !before.named && name !== undefined && value !== undefined)
    return [{ ...before, named: new Map([[name.toLowerCase(), unquoted(value)]]) }]
  return [...(before ? [before] : []), { kind: 'name', text }]
}

function readCall(name: string, inside: string): readonly Segment[] {
  if (inside.trim() === '') return [{ kind: 'name', text: name }]
  const named = new Map<string, string>()
  for (const part of splitOutside(inside, ',') ?? [inside]) {
    const [, parameter, value] = NAMED.exec(part) ?? []
    if (parameter === undefined || value === undefined)
      return [
        { kind: 'name', text: name },
        { kind: 'key', text: unquoted(inside.trim()) },
      ]
    named.set(parameter.toLowerCase(), unquoted(value))
  }
  return [{ kind: 'name', text: name, named }]
}

const unquoted = (text: string): string =>
  text.length >= 2 && text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new CodedError('graph/bad-query', 'The path is not encoded correctly.')
  }
}
