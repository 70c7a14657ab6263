import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { isDeeperThan, JSON_DEPTH_MAX } from './json-depth.ts'
import { decode, decodeText, encode } from './wire.ts'

/** By the definition. */
const depthOf = (value: unknown): number =>
  value === null || typeof value !== 'object' ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf))

/** Text that looks like structure, and is none. */
const misleading = fc.string({
  unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', 'a', 'ü', '\n', ':'),
  maxLength: 12,
})
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 12, depthSize: 'large' },
    fc.oneof(misleading, fc.integer(), fc.constant(null), fc.boolean()),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(misleading, tie('json'), { maxKeys: 3 }),
  ),
}))

it('is the depth of the value, whatever stands in its strings and between its parts', () => {
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const depth = depthOf(value)
      expect(isDeeperThan(text, depth)).toBe(false)
      if (depth > 0) expect(isDeeperThan(text, depth - 1)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

it('says something of any text, and never fails', () => {
  fc.assert(
    fc.property(fc.oneof(misleading, fc.string()), fc.nat({ max: 5 }), (text, depthMax) => {
      expect(typeof isDeeperThan(text, depthMax)).toBe('boolean')
    }),
    { numRuns: 2_000 },
  )
})

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

it.each([
  ['lists', (depth: number) => nested(depth)],
  ['objects', (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`],
  ['both', (depth: number) => `${'[{"[":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`],
])('%s in each other are refused beyond the limit, and read up to it', (_, made) => {
  expect(decodeText(z.unknown(), made(JSON_DEPTH_MAX))).toMatchObject({ ok: true })
  expect(decodeText(z.unknown(), made(JSON_DEPTH_MAX + 2))).toMatchObject({
    ok: false,
    refusal: { code: 'message/too-deep' },
  })
  const tooDeep = new TextEncoder().encode(made(20_000))
  expect(decode(z.unknown(), tooDeep)).toMatchObject({ ok: false, refusal: { code: 'message/too-deep' } })
})

it('a megabyte of brackets, quotes or backslashes takes no time to speak of', () => {
  const million = 1_000_000
  expect(isDeeperThan('['.repeat(million), JSON_DEPTH_MAX)).toBe(true)
  expect(isDeeperThan('[]'.repeat(million), JSON_DEPTH_MAX)).toBe(false)
  expect(isDeeperThan('"'.repeat(million), JSON_DEPTH_MAX)).toBe(false)
  expect(isDeeperThan(`"${'\\'.repeat(million)}`, JSON_DEPTH_MAX)).toBe(false)
  expect(isDeeperThan(`"${'\\"'.repeat(million)}`, JSON_DEPTH_MAX)).toBe(false)
  expect(decode(z.unknown(), encode({ text: '['.repeat(1_000) }))).toMatchObject({ ok: true })
})
