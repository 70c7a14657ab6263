import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CheckInBatch, CheckInBatchReply, Poke } from './check-in.ts'
import { Report, ReportBatch } from './report.ts'
import { isUnchanged } from './unchanged.ts'

const guid = '0f0e0d0c-0b0a-4909-8807-060504030201'
const digest = 'ab'.repeat(32)
const checkIn = {
  ...{ deviceId: guid, cause: 'periodic', sentAtMs: 1_700_000_000_000, correlationId: 'c-1', certificateSerial: '0a' },
  ...{ policySetDigest: digest, lastSeq: 3, sequence: 9, mac: 'a'.repeat(22) },
}
const policySet = { digest, policies: [{ policyId: guid, revision: 1, kind: 'compliance', sha256: digest }] }
const managed = { outcome: 'managed', deviceId: guid, ackedSeq: 3, commands: [] }
const inventory = {
  deviceName: 'LAPTOP-1',
  os: { name: 'Windows', version: '10.0.26100' },
  hardware: {
    manufacturer: 'Contoso',
    model: 'A',
    serialNumber: 'S1',
    totalStorageBytes: 2 ** 40,
    physicalMemoryBytes: 8,
  },
  posture: { encrypted: true, batteryPercent: 40, threatLevel: 'low' },
  software: 1,
}
const result = { itemId: './Device/Vendor', protocol: 'omadm', status: 200, data: true }
const report = {
  ...{ v: 1, deviceId: guid, seq: 4, observedAtMs: 5, correlationId: 'c-2' },
  certificate: { serialNumber: '0a', notAfterMs: 9, state: 'valid' },
  inventory,
  policies: [{ policyId: guid, revision: 2, kind: 'compliance', results: [result], appliedAtMs: 4 }],
}
const head = { v: 1, agentId: 'worker-1', session: 'abcdef01-1' }

const wire: readonly (readonly [name: string, schema: z.ZodType, usual: object])[] = [
  ['check-ins', CheckInBatch, { ...head, checkIns: [checkIn, { ...checkIn, cause: 'poke' }] }],
  [
    'answers to check-ins',
    CheckInBatchReply,
    {
      v: 1,
      replies: [
        { ...managed, policySet, reportPolicyIds: [guid] },
        { ...managed, gated: true },
        { outcome: 'refused', deviceId: guid, code: 'checkin/device-unknown', ackedSeq: 0, retryAfterMs: 5 },
      ],
    },
  ],
  [
    'signed reports',
    ReportBatch,
    { ...head, reports: [{ certificateSerial: '0a', mac: 'b'.repeat(22), report: '{}' }] },
  ],
  ['a report', Report, report],
  ['a poke', Poke, { v: 1, deviceIds: [guid], reason: 'sync', spreadMs: 0, correlationId: 'c' }],
]

/** What is said of a value holds: the schema takes it, and it comes out as it was. */
function holds(schema: z.ZodType, value: unknown): boolean {
  if (!isUnchanged(schema, value)) return false
  expect(schema.safeParse(value)).toStrictEqual({ success: true, data: value })
  return true
}

/** A value with one thing in it that is other than usual. */
function changed(value: unknown, path: readonly number[], change: (inner: unknown) => unknown): unknown {
  const [at, ...rest] = path
  if (at === undefined || typeof value !== 'object' || value === null) return change(value)
  const keys = Object.keys(value)
  const key = keys[at % Math.max(1, keys.length)]
  if (key === undefined) return change(value)
  const inner = changed((value as Record<string, unknown>)[key], rest, change)
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === key ? inner : each))
  const { [key]: _, ...others } = value as Record<string, unknown>
  return inner === undefined ? others : { ...others, [key]: inner }
}

const odd = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    -1,
    0,
    1.5,
    2 ** 60,
    true,
    'x'.repeat(9_000),
    [],
    {},
    guid.toUpperCase(),
    'valid',
  ),
  fc.jsonValue(),
)
const change = fc.oneof(
  odd.map((other) => () => other),
  fc.tuple(fc.constantFrom('extra', 'v', 'data', 'outcome', 'sequence'), odd).map(
    ([name, other]) =>
      (inner: unknown) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner) && other !== undefined
          ? { ...inner, [name]: other }
          : inner,
  ),
)
const path = fc.array(fc.nat(30), { maxLength: 6 })

describe.each(wire)('%s', (_, schema, usual) => {
  it('as they are sent are known at once', () => {
    expect(holds(schema, usual)).toBe(true)
  })

  it('are never taken where the schema would refuse or change them', () => {
    fc.assert(
      fc.property(path, change, (where, how) => void holds(schema, changed(usual, where, how))),
      {
        numRuns: 2_000,
      },
    )
  })
})

it('leaves to the schema whatever changes a value or looks deeper', () => {
  const schemas: readonly (readonly [z.ZodType, unknown])[] = [
    [z.object({ a: z.number().default(1) }), {}],
    [z.object({ a: z.number().default(1).optional() }), {}],
    [z.object({ a: z.number() }), { a: 1, b: 2 }],
    [z.object({ a: z.number() }).refine(() => false), { a: 1 }],
    [z.string().trim(), ' a '],
    [z.string().toUpperCase(), 'a'],
    [z.string().regex(/a/g), 'a'],
    [z.string().startsWith('b'), 'a'],
    [z.string().refine(() => false), 'a'],
    [z.coerce.string(), 1],
    [z.coerce.number(), '1'],
    [z.number().multipleOf(2), 3],
    [z.number().int(), 2 ** 60],
    [z.number().gt(1).lt(3), 3],
    [z.array(z.number()).min(1), []],
    [z.array(z.number()).refine(() => false), [1]],
    [z.union([z.object({ a: z.number() }), z.object({ a: z.number(), b: z.number() })]), { a: 1, b: 2 }],
    [z.record(z.string(), z.number()), { a: 1 }],
    [z.string().transform((text) => text.length), 'a'],
    [z.uuid(), 'a'],
    [z.int(), 1.5],
    [z.email(), 'a'],
  ]
  for (const [schema, value] of schemas) expect([schema.type, isUnchanged(schema, value)]).toEqual([schema.type, false])
})

it('takes a plain value of a union, within its bounds', () => {
  const schema = z.union([z.string().max(2), z.number().min(1).max(3), z.boolean()])
  for (const value of ['ab', 1, 3, true]) expect(holds(schema, value)).toBe(true)
  for (const value of ['abc', 0, 4, null]) expect(holds(schema, value)).toBe(false)
})
