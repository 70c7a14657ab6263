import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { parse } from 'yaml'
import type { Dictionary, KeyRule } from './payload.ts'
import type { Availability, Enrolment, SchemaSystem, Support } from './support.ts'

/** Apple's schemas are no part of the project: they are read where they are present beside it. */
const reference = join(
  process.env['MUSTER_REFERENCE'] ?? join(import.meta.dirname, '../../../../../shared/reference'),
  'apple',
)
export const present = existsSync(reference)
export const systems: readonly SchemaSystem[] = ['iOS', 'macOS', 'tvOS', 'visionOS']

interface SchemaSupport {
  readonly introduced?: string | number
  readonly 'allowed-enrollments'?: readonly string[]
  readonly supervised?: boolean
  readonly userenrollment?: { readonly mode?: string }
  readonly sharedipad?: {
    readonly mode?: string
    readonly 'allowed-scopes'?: readonly string[]
  }
}
interface SchemaKey {
  readonly key: string
  readonly type: string
  readonly presence?: string
  readonly range?: { readonly min?: number; readonly max?: number }
  readonly rangelist?: readonly string[]
  readonly combinetype?: string
  readonly supportedOS?: Readonly<Partial<Record<SchemaSystem, SchemaSupport>>>
  readonly subkeys?: readonly SchemaKey[]
}
export interface Schema {
  readonly payload: {
    readonly declarationtype?: string
    readonly statusitemtype?: string
    readonly requesttype?: string
    readonly supportedOS: Readonly<Partial<Record<SchemaSystem, SchemaSupport>>>
  }
  readonly payloadkeys?: readonly SchemaKey[]
  readonly responsekeys?: readonly SchemaKey[]
  readonly reasons?: readonly {
    readonly value: string
    readonly details?: readonly { readonly key: string }[]
  }[]
}

/** Apple's schemas in a folder of the reference, by the name that devices use. */
export function schemasIn(folder: string): Map<string, Schema> {
  const files = present ? readdirSync(join(reference, folder)).filter((file) => file.endsWith('.yaml')) : []
  const schemas = files.map((file) => parse(readFileSync(join(reference, folder, file), 'utf8')) as Schema)
  return new Map(schemas.map((schema) => [nameOf(schema), schema]))
}
const nameOf = ({ payload }: Schema): string =>
  payload.declarationtype ?? payload.statusitemtype ?? payload.requesttype ?? ''

const lacks = (schema: SchemaSupport | undefined): boolean => schema === undefined || schema.introduced === 'n/a'

/** Our availability of something against Apple's; versions only where the schema states one of its own. */
export function expectSupport(
  what: string,
  ours: Support,
  theirs: Readonly<Partial<Record<SchemaSystem, SchemaSupport>>>,
): void {
  for (const system of systems) {
    const schema = theirs[system]
    const available = ours[system]
    expect(available === undefined, `${what} on ${system}`).toBe(lacks(schema))
    if (available && schema) expectAvailability(`${what} on ${system}`, available, schema)
  }
}

function expectAvailability(what: string, ours: Availability, schema: SchemaSupport): void {
  if (schema.introduced !== undefined) expect(ours.since, what).toBe(String(schema.introduced))
  expect([...ours.enrolments].sort(), what).toEqual([...enrolmentsOf(schema)].sort())
  const scopes = schema.sharedipad?.['allowed-scopes']
  if (schema.sharedipad?.mode === 'forbidden' || scopes?.length === 0) expect(ours.sharedIPad, what).toBe('never')
  else expect(ours.sharedIPad, what).toBe(schema.sharedipad?.mode === 'required' ? 'only' : undefined)
}

export function enrolmentsOf(schema: SchemaSupport): Enrolment[] {
  const all: Enrolment[] = ['supervised', 'device', 'user']
  const listed = schema['allowed-enrollments']
  if (listed) return all.filter((enrolment) => listed.includes(enrolment))
  if (schema.supervised) return ['supervised']
  return schema.userenrollment?.mode === 'forbidden' ? ['supervised', 'device'] : all
}

const combineTypes: Readonly<Record<string, KeyRule['combine']>> = {
  'boolean-or': 'or',
  'boolean-and': 'and',
  'number-max': 'max',
  'number-min': 'min',
  'enum-last': 'last',
}

export function expectKey(path: string, rule: KeyRule, schema: SchemaKey | undefined): void {
  expect(schema, `${path} is in Apple's schema`).toBeDefined()
  if (!schema) return
  // A profile is data to Apple; ours travels as the dictionary that it encodes.
  if (path !== 'InstallProfile.Payload') expect(rule.type, path).toBe(schema.type.slice(1, -1))
  expect(rule.required ?? false, path).toBe(schema.presence === 'required')
  expect([rule.min, rule.max], path).toEqual([schema.range?.min, schema.range?.max])
  if (rule.choices) expect(rule.choices, path).toEqual(schema.rangelist)
  if (schema.combinetype && rule.type !== 'array') expect(rule.combine, path).toBe(combineTypes[schema.combinetype])
  for (const [system, { introduced }] of Object.entries(schema.supportedOS ?? {})) {
    if (introduced === 'n/a' && rule.on) expect(rule.on[system as SchemaSystem], `${path} on ${system}`).toBeUndefined()
    else if (introduced !== undefined && rule.on)
      expect(rule.on[system as SchemaSystem]?.since, `${path} on ${system}`).toBe(String(introduced))
  }
  for (const [key, inner] of Object.entries(rule.keys ?? rule.items?.keys ?? {})) {
    const within = rule.items ? schema.subkeys?.[0]?.subkeys : schema.subkeys
    expectKey(
      `${path}.${key}`,
      inner,
      within?.find((candidate) => candidate.key === key),
    )
  }
}

export const schemaFile = (path: string): Schema => parse(readFileSync(join(reference, path), 'utf8')) as Schema

/** Each key of a response is in the schema, is of its type, and is there for the system. */
export function expectResponse(
  path: string,
  response: unknown,
  keys: readonly SchemaKey[],
  system: SchemaSystem,
): void {
  for (const [key, value] of Object.entries(response as Dictionary)) {
    const schema = keys.find((candidate) => candidate.key === key) ?? keys.find((candidate) => candidate.key === 'ANY')
    expect(schema, `${path}.${key}`).toBeDefined()
    expect(schema?.supportedOS?.[system]?.introduced, `${path}.${key} on ${system}`).not.toBe('n/a')
    const elements = Array.isArray(value) ? value : [value]
    const inner = Array.isArray(value) && schema?.type === '<array>' ? schema.subkeys?.[0]?.subkeys : schema?.subkeys
    for (const element of elements) {
      if (typeof element === 'object' && element !== null && inner)
        expectResponse(`${path}.${key}`, element, inner, system)
    }
  }
}
