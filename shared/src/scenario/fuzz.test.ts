import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isScalar, parseDocument, visit } from 'yaml'
import { z } from 'zod'
import { scenarioJsonSchema } from './json-schema.ts'
import { check } from './parse.test-support.ts'
import { formatProblem, parseScenario } from './parse.ts'

/** Scenarios that between them use most words of the language. */
const texts = ['field-tablets', 'rough-week', 'grace-and-retire', 'ring-rollout'].map((name) =>
  readFileSync(new URL(`../../../scenarios/library/${name}.yaml`, import.meta.url), 'utf8'),
)
const schema = z.fromJSONSchema(scenarioJsonSchema() as Parameters<typeof z.fromJSONSchema>[0])

const problemsOf = (text: string): readonly string[] => {
  const parsed = parseScenario(text, 'x.yaml', check)
  return parsed.ok ? [] : parsed.problems.map(formatProblem)
}

/** Values that stand in scenarios, and values that should not. */
const anyValue = fc.oneof(
  fc.constantFrom(
    '5m',
    '0.5%/d',
    '30/s',
    '20%',
    'tablets',
    'all-devices',
    'end',
    'settle+30m',
    'link',
    'http',
    '-3h',
    '/v1.0/**',
  ),
  fc.integer({ min: -2, max: 3_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.string({ maxLength: 12 }),
  fc.array(fc.constantFrom('tablets', 1), { maxLength: 2 }),
)

/** By its number: a whole text would fill the screen when something is found. */
const anyText = fc.nat(texts.length - 1)

/** A scenario in which one value, or one key, is another. */
function withAnother(text: string, at: number, value: unknown, key: boolean): string {
  const document = parseDocument(text)
  let left = at
  visit(document, {
    Scalar: (position, node) => {
      if (!isScalar(node) || (position === 'key') !== key || left-- !== 0) return undefined
      return document.createNode(key ? String(value) : value)
    },
  })
  return document.toString()
}

describe('a scenario of the library in which something is otherwise', () => {
  it('has its problems located, whatever is cut out of it or put into it', () => {
    fc.assert(
      fc.property(anyText, fc.nat(4_000), fc.nat(12), fc.string({ maxLength: 12 }), (which, at, cut, put) => {
        const text = texts[which] ?? ''
        const from = at % text.length
        for (const problem of problemsOf(text.slice(0, from) + put + text.slice(from + cut)))
          expect(problem).toMatch(/^x\.yaml:[1-9]\d*:[1-9]\d* /)
      }),
      { numRuns: 300 },
    )
  })

  it('has its problems located, whatever value or key it is; and what is right is right for editors as well', () => {
    fc.assert(
      fc.property(anyText, fc.nat(260), anyValue, fc.boolean(), (which, at, value, key) => {
        const other = withAnother(texts[which] ?? '', at, value, key)
        const problems = problemsOf(other)
        for (const problem of problems) expect(problem).toMatch(/^x\.yaml:[1-9]\d*:[1-9]\d* /)
        if (problems.length === 0) expect(schema.safeParse(parseDocument(other).toJS()).error, other).toBeUndefined()
      }),
      { numRuns: 250 },
    )
  })
})
