import { nearestName, ok, type Result } from '@muster/shared/core'
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { applyChanges, changeAt, columnIn } from './changes.ts'
import { meaninglessThresholds } from './expectation-references.ts'
import { type CheckExpression, checkReferences, type ReferenceProblem } from './references.ts'
import { Scenario } from './schema.ts'

/** One thing wrong with a scenario. */
export interface Problem {
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly column: number
  /** Where in the document, with dots: `phases.0.until.expr`. */
  readonly path: string
  readonly message: string
}

export const formatProblem = ({ file, line, column, path, message }: Problem): string =>
  `${file}:${line}:${column} ${path ? `${path}: ` : ''}${message}`

/** Aliases could make a small file enormous. */
const ALIASES_MAX = 100

/**
 * Read a scenario. Every problem is located; unknown names come with a near one. `expressions` is told to check each
 * expression (with its path) and answers what is wrong with it. `sets` are values to be put in place of those of the text
 * (`population.size=20`); what is wrong with one is located in it.
 */
export function parseScenario(
  text: string,
  file: string,
  checkExpression?: CheckExpression,
  sets: readonly string[] = [],
):
  | { readonly ok: true; readonly scenario: Scenario; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const at = (offset: number, path: string, message: string): Problem => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col), path, message }
  }
  if (document.errors.length > 0) {
    return {
      ok: false,
      problems: document.errors.map((error) => at(error.pos[0], '', error.message.split('\n')[0] ?? error.message)),
    }
  }
  const { changes, problems: wrong } = applyChanges(document, sets)
  if (wrong.length > 0) {
    return {
      ok: false,
      problems: wrong.map(({ text: set, column, message }) => ({ ...inSet(set, column), path: '', message })),
    }
  }
  const placed = (path: Path, message: string, atKey: boolean, offset: number): Problem => {
    const change = changeAt(changes, path)
    if (change) return { ...inSet(change.text, columnIn(change, atKey)), path: path.join('.'), message }
    return at(offsetOf(document, path, atKey) + offset, path.join('.'), message)
  }
  const plain = toPlain(document)
  if (!plain.ok) return { ok: false, problems: [at(0, '', plain.refusal.message)] }
  const parsed = Scenario.safeParse(plain.value, { reportInput: true })
  if (!parsed.success) {
    return {
      ok: false,
      problems: withoutMisspelt(parsed.error.issues.flatMap((issue) => explain(issue, plain.value))).map(
        ({ path, message, key }) => placed(path, message, key !== undefined, 0),
      ),
    }
  }
  const located = ({ path, message, offset = 0 }: ReferenceProblem): Problem =>
    placed(path, message, false, offsetInText(text, document, path, offset))
  const problems = checkReferences(parsed.data, checkExpression).map(located)
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, scenario: parsed.data, warnings: meaninglessThresholds(parsed.data).map(located) }
}

const inSet = (set: string, column: number): Pick<Problem, 'file' | 'line' | 'column'> => ({
  file: `--set ${set}`,
  line: 1,
  column,
})

function toPlain(document: Document): Result<unknown> {
  try {
    return ok(document.toJS({ maxAliasCount: ALIASES_MAX }))
  } catch (error) {
    return {
      ok: false,
      refusal: { code: 'scenario/invalid', message: error instanceof Error ? error.message : String(error) },
    }
  }
}

type Path = readonly (string | number)[]

interface Explained {
  readonly path: Path
  readonly message: string
  /** Present when the key itself is wrong: what it may have been meant to be. */
  readonly key?: { readonly near: string | undefined }
}

/** A key that is missing because it is misspelt is one problem, not two. */
function withoutMisspelt(explained: readonly Explained[]): readonly Explained[] {
  const meant = new Set(
    explained.flatMap(({ path, key }) => (key?.near === undefined ? [] : [[...path.slice(0, -1), key.near].join('.')])),
  )
  return explained.filter(({ path, key }) => key !== undefined || !meant.has(path.join('.')))
}

function explain(issue: z.core.$ZodIssue, document: unknown): readonly Explained[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearestName(key, keysAt(path))
      return { path: [...path, key], message: unknownKey(key, near), key: { near } }
    })
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return [{ path, message: `is missing: expected ${issue.expected}` }]
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return [{ path, message: `expected ${kinds[issue.expected] ?? issue.expected}, found ${shown(issue.input)}` }]
  if (issue.code === 'invalid_union')
    return 'discriminator' in issue ? explainKind(path, document) : explainUnion(issue, path, document)
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    const near = typeof issue.input === 'string' ? nearestName(issue.input, values) : undefined
    const wanted = values.length > 1 ? `one of ${values.join(', ')}` : String(values[0])
    return [{ path, message: `expected ${wanted}, found ${shown(issue.input)}${meaning(near)}` }]
  }
  return [{ path, message: issue.message }]
}

/** Parts are told apart by a key, and its value is none of those there are. */
function explainKind(path: Path, document: unknown): readonly Explained[] {
  const given = path.reduce<unknown>(
    (inside, part) => (inside as Record<string, unknown> | undefined)?.[part],
    document,
  )
  const known = kindsAt(path)
  const near = typeof given === 'string' ? nearestName(given, known) : undefined
  const found = given === undefined ? 'is missing' : `there is no ${path.at(-1)} ${shown(given)}`
  return [{ path, message: `${found}${near ? meaning(near) : `; expected one of ${known.join(', ')}`}` }]
}

/** The values that tell apart what may stand at a path. */
function kindsAt(path: Path): readonly string[] {
  let schema: unknown = Scenario
  for (const part of path.slice(0, -1)) schema = descend(unwrap(schema), part)
  return shapesOf(unwrap(schema)).flatMap((shape) => (defOf(shape[String(path.at(-1))])?.values ?? []).map(String))
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

const SHOWN_MAX = 60

/** A value as it may stand in a message: on one line, and not too long for it. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text
}

const meaning = (near: string | undefined): string => (near ? `; did you mean ${JSON.stringify(near)}?` : '')

/** Of a union's branches the one that came furthest says best what is wrong. */
function explainUnion(
  issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>,
  path: Path,
  document: unknown,
): readonly Explained[] {
  const branches = issue.errors.map((issues) =>
    issues.flatMap((inner) => explain(inner, document).map((each) => ({ ...each, path: [...path, ...each.path] }))),
  )
  const depth = (branch: readonly { path: Path }[]): number => Math.max(0, ...branch.map((each) => each.path.length))
  const deepest = branches
    .filter((branch) => branch.length > 0)
    .sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0]
  if (deepest && depth(deepest) > path.length + 1) return deepest
  return path.at(-2) === 'do' ? [explainStep(issue.input, path)] : [{ path, message: issue.message }]
}

/** A step is a mapping with one key, its name. */
function explainStep(input: unknown, path: Path): Explained {
  const name = typeof input === 'object' && input !== null ? Object.keys(input)[0] : undefined
  if (name === undefined || stepNames.includes(name))
    return { path, message: `expected a step: one of ${stepNames.join(', ')}` }
  const near = nearestName(name, stepNames)
  const message = near
    ? `there is no step ${JSON.stringify(name)}${meaning(near)}`
    : `there is no step ${JSON.stringify(name)}: one of ${stepNames.join(', ')}`
  return { path: [...path, name], message, key: { near } }
}

const stepNames = [
  'assign',
  'update',
  'rollout',
  'drift',
  'offline',
  'online',
  'sync',
  'action',
  'retireListed',
  'killBroker',
  'killControl',
  'wait',
]

function unknownKey(key: string, near: string | undefined): string {
  return `there is no ${JSON.stringify(key)} here${meaning(near)}`
}

/** Keys that the schema has at a path, as far as it can be followed through objects and lists. */
function keysAt(path: Path): readonly string[] {
  let schema: unknown = Scenario
  for (const part of path) schema = descend(unwrap(schema), part)
  return shapesOf(unwrap(schema)).flatMap((shape) => Object.keys(shape))
}

/** The keys and values of an object, or of all the objects that something may be. */
function shapesOf(schema: unknown): readonly Record<string, unknown>[] {
  const shape = (schema as { shape?: Record<string, unknown> } | undefined)?.shape
  if (shape) return [shape]
  return (defOf(schema)?.options ?? []).flatMap((option) => shapesOf(unwrap(option)))
}

interface Def {
  readonly innerType?: unknown
  readonly in?: unknown
  readonly element?: unknown
  readonly valueType?: unknown
  readonly options?: readonly unknown[]
  readonly values?: readonly unknown[]
}

const defOf = (schema: unknown): Def | undefined => (schema as { _zod?: { def: Def } } | undefined)?._zod?.def

function unwrap(schema: unknown): unknown {
  let inner = schema
  for (let def = defOf(inner); def?.innerType !== undefined || def?.in !== undefined; def = defOf(inner))
    inner = def.innerType ?? def.in
  return inner
}

function descend(schema: unknown, part: string | number): unknown {
  const shape = (schema as { shape?: Record<string, unknown> } | undefined)?.shape
  if (shape) return shape[String(part)]
  const def = defOf(schema)
  if (def?.options)
    return def.options.map((option) => descend(unwrap(option), part)).find((found) => found !== undefined)
  return def?.element ?? def?.valueType
}

/** Where a path stands in the text: its value, or its key when that is what is wrong; else what holds it. */
function offsetOf(document: Document, path: Path, atKey = false): number {
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length)
    const parent = document.getIn(part.slice(0, -1), true)
    const key = part.at(-1)
    if (isMap(parent) && key !== undefined) {
      const pair = parent.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
      )
      const node = pair && (length === path.length && isScalar(pair.value) && !atKey ? pair.value : pair.key)
      if (isNode(node) && node.range) return node.range[0]
    }
    const node = length === 0 ? document.contents : document.getIn(part, true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

/** How far from the beginning of a value a character of its text is; 0 where the text is written in another way. */
function offsetInText(text: string, document: Document, path: Path, offset: number): number {
  const node = document.getIn(path, true)
  if (offset === 0 || !isScalar(node) || !node.range) return 0
  const begin = text.slice(node.range[0], node.range[1]).indexOf(String(node.value))
  return begin < 0 ? 0 : begin + offset
}
