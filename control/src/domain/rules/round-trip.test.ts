import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAssignmentFilter } from './assignment-filter.ts'
import type { ComparisonOperator, Expression, Literal, RuleSubject, RuleValue } from './expression.ts'
import { parseMembershipRule } from './membership-rule.ts'

/** How one language is written and what may stand in it. */
interface Dialect {
  readonly prefix: string
  readonly texts: readonly string[]
  readonly versions: readonly string[]
  readonly collections: readonly string[]
  readonly textOperators: readonly ComparisonOperator[]
  readonly versionOperators: readonly ComparisonOperator[]
  readonly parse: typeof parseMembershipRule | ((text: string) => ReturnType<typeof parseAssignmentFilter>)
  /** Versions stand in quotes in membership rules, and without them in filters. */
  readonly quotedVersions: boolean
}

const membership: Dialect = {
  prefix: 'device.',
  texts: ['deviceModel', 'deviceOSType', 'displayName', 'extensionAttribute3'],
  versions: ['deviceOSVersion'],
  collections: ['devicePhysicalIds', 'systemLabels'],
  textOperators: ['eq', 'ne', 'startsWith', 'endsWith', 'contains'],
  versionOperators: ['eq', 'ne', 'le', 'ge'],
  parse: parseMembershipRule,
  quotedVersions: true,
}
const filter: Dialect = {
  prefix: 'device.',
  texts: ['model', 'manufacturer', 'deviceOwnership', 'operatingSystemSKU'],
  versions: ['operatingSystemVersion'],
  collections: [],
  textOperators: ['eq', 'ne', 'startsWith', 'contains'],
  versionOperators: ['eq', 'ne', 'gt', 'ge', 'lt', 'le'],
  parse: (text) => parseAssignmentFilter(text, 'windows'),
  quotedVersions: false,
}

const quoted = (text: string): string => `"${text.replace(/["'\\`]/g, '\\$&')}"`

function literal(value: Literal, { quotedVersions }: Dialect): string {
  if (value.type === 'null') return 'null'
  if (value.type === 'string' || (value.type === 'version' && quotedVersions)) return quoted(String(value.value))
  return String(value.value)
}

/** An expression as a person would write it, every joined part in brackets. */
function print(expression: Expression, dialect: Dialect): string {
  const name = (property: string): string => (property === '' ? '_' : dialect.prefix + property)
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.map((operand) => `(${print(operand, dialect)})`).join(` ${expression.kind} `)
    case 'not':
      return `not (${print(expression.operand, dialect)})`
    case 'in':
      return `${name(expression.property)} -in [${expression.values.map((each) => literal(each, dialect)).join(', ')}]`
    case 'any':
    case 'all':
      return `${name(expression.property)} -${expression.kind} (${print(expression.condition, dialect)})`
    case 'comparison':
      return `${name(expression.property)} -${expression.operator} ${literal(expression.value, dialect)}`
  }
}

const text = fc.string({ maxLength: 12 }).map((value): Literal => ({ type: 'string', value }))
const version = fc
  .array(fc.nat({ max: 99_999 }), { minLength: 1, maxLength: 4 })
  .map((parts): Literal => ({ type: 'version', value: parts.join('.') }))
const nothing = fc.constant<Literal>({ type: 'null', value: null })

function comparisons(dialect: Dialect, properties: readonly string[]): fc.Arbitrary<Expression> {
  const property = fc.constantFrom(...properties)
  const compare = (
    of: fc.Arbitrary<string>,
    operators: readonly ComparisonOperator[],
    value: fc.Arbitrary<Literal>,
  ): fc.Arbitrary<Expression> =>
    fc.record({ kind: fc.constant('comparison'), property: of, operator: fc.constantFrom(...operators), value })
  const values = fc.array(text, { minLength: 1, maxLength: 4 })
  return fc.oneof(
    compare(property, dialect.textOperators, text),
    compare(property, ['eq', 'ne'], nothing),
    compare(fc.constantFrom(...dialect.versions), dialect.versionOperators, version),
    fc.record({ kind: fc.constant('in' as const), property, values }),
  )
}

function composed(leaf: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.letrec<{ tree: Expression }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.record({ kind: fc.constant('not' as const), operand: tie('tree') }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        operands: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
      }),
    ),
  })).tree
}

function expressions(dialect: Dialect): fc.Arbitrary<Expression> {
  const leaf = comparisons(dialect, dialect.texts)
  if (dialect.collections.length === 0) return composed(leaf)
  const member = fc.record({
    kind: fc.constant('comparison' as const),
    property: fc.constant(''),
    operator: fc.constantFrom(...dialect.textOperators),
    value: text,
  })
  const collection = fc.record({
    kind: fc.constantFrom('any' as const, 'all' as const),
    property: fc.constantFrom(...dialect.collections),
    condition: composed(member),
  })
  return composed(fc.oneof(leaf, collection))
}

/** Anything that a property may hold, also what it should not. */
const value: fc.Arbitrary<RuleValue> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.array(fc.oneof(fc.string({ maxLength: 6 }), fc.constant(null), fc.integer()), { maxLength: 4 }),
)
const subject = ({ texts, versions, collections }: Dialect): fc.Arbitrary<RuleSubject> =>
  fc.record(Object.fromEntries([...texts, ...versions, ...collections].map((name) => [name, value])), {
    requiredKeys: [],
  })

/** What an expression means, told once more and as plainly as can be; comparisons are left to the language's own. */
function meaning(expression: Expression, about: RuleSubject, leaf: (part: Expression) => boolean): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.operands.every((part) => meaning(part, about, leaf))
    case 'or':
      return expression.operands.some((part) => meaning(part, about, leaf))
    case 'not':
      return !meaning(expression.operand, about, leaf)
    default:
      return leaf(expression)
  }
}

describe.each([
  ['membership rules', membership],
  ['assignment filters', filter],
])('%s', (_name, dialect) => {
  const short = expressions(dialect).filter((expression) => print(expression, dialect).length <= 3_072)

  it('read back what was written', () => {
    fc.assert(
      fc.property(short, (expression) => {
        const parsed = dialect.parse(print(expression, dialect))
        expect(parsed.ok ? parsed.value.expression : parsed.refusal).toEqual(expression)
      }),
      { numRuns: 500 },
    )
  })

  it('answer true or false of whatever they are asked about, and brackets, and, or, not mean what they say', () => {
    fc.assert(
      fc.property(short, subject(dialect), (expression, about) => {
        const matches = (part: Expression): boolean => {
          const parsed = dialect.parse(print(part, dialect))
          if (!parsed.ok) throw new Error(parsed.refusal.message)
          return parsed.value.matches(about)
        }
        expect(matches(expression)).toBe(meaning(expression, about, matches))
      }),
      { numRuns: 500 },
    )
  })
})
