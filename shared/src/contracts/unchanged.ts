import type { z } from 'zod'

type Check = (value: unknown) => boolean

const never: Check = () => false
const checks = new WeakMap<z.ZodType, Check>()

/**
 * Whether a value out of `JSON.parse` is one that the schema takes and leaves as it is. `false` says nothing: ask the schema,
 * which also knows what is wrong. A message of a hundred check-ins is looked at in a tenth of the time that the schema takes;
 * what this does not know of (records, transforms, checks of one's own) it leaves to the schema.
 */
export function isUnchanged(schema: z.ZodType, value: unknown): boolean {
  let check = checks.get(schema)
  if (!check) {
    check = compile(schema)
    checks.set(schema, check)
  }
  return check(value)
}

function compile(schema: z.core.$ZodType): Check {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'object':
      return def.catchall || hasChecks(def) ? never : object(def.shape)
    case 'array':
      return array(compile(def.element), def)
    case 'string':
      return string(def)
    case 'number':
      return number(def)
    case 'boolean':
      return hasChecks(def) ? never : (value) => typeof value === 'boolean'
    case 'literal':
      return oneOf(def.values)
    case 'enum':
      return oneOf(Object.values(def.entries))
    case 'optional':
      // Nothing is undefined in JSON: what is there is of the inner type.
      return compile(def.innerType)
    case 'union':
      return union(def)
    default:
      return never
  }
}

const hasChecks = ({ checks: own }: z.core.$ZodTypeDef): boolean => own !== undefined && own.length > 0

const oneOf = (values: readonly unknown[]): Check => {
  const known = new Set(values)
  return (value) => known.has(value)
}

/** Exactly the properties of the shape: others would be taken out, and what has a default would be put in. */
function object(shape: z.core.$ZodShape): Check {
  const entries = Object.entries(shape) as [string, z.core.$ZodTypes][]
  const isPlain = ({ _zod }: z.core.$ZodTypes): boolean =>
    (_zod.def.type === 'optional' ? _zod.def.innerType : { _zod })._zod.optin === undefined
  if (!entries.every(([, schema]) => isPlain(schema))) return never
  const isRequired = ({ _zod }: z.core.$ZodTypes): boolean => _zod.def.type !== 'optional'
  const required = entries.filter(([, schema]) => isRequired(schema)).length
  const properties = new Map(
    entries.map(([name, schema]) => [name, { check: compile(schema), counts: Number(isRequired(schema)) }]),
  )
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    let found = 0
    for (const name in value) {
      const property = properties.get(name)
      if (!property?.check((value as Record<string, unknown>)[name])) return false
      found += property.counts
    }
    return found === required
  }
}

interface Bounds {
  readonly min: number
  readonly max: number
}

const unbounded: Bounds = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY }

/** Bounds of a length; nothing when there are other checks. */
function lengths({ checks: own = [] }: z.core.$ZodTypeDef): Bounds | undefined {
  let { min, max } = unbounded
  for (const check of own) {
    const { def } = (check as z.core.$ZodChecks)._zod
    if (def.check === 'min_length') min = Math.max(min, def.minimum)
    else if (def.check === 'max_length') max = Math.min(max, def.maximum)
    else if (def.check !== 'string_format') return undefined
  }
  return { min, max }
}

function array(element: Check, def: z.core.$ZodArrayDef): Check {
  const bounds = lengths(def)
  if (!bounds) return never
  return (value) =>
    Array.isArray(value) && value.length >= bounds.min && value.length <= bounds.max && value.every(element)
}

function string(def: z.core.$ZodStringDef): Check {
  const bounds = lengths(def)
  const patterns: RegExp[] = []
  for (const check of def.checks ?? []) {
    const { def: own } = (check as z.core.$ZodChecks)._zod
    if (own.check !== 'string_format') continue
    // Other formats have more to them than their pattern.
    if (own.format !== 'regex' || !own.pattern || own.pattern.global || own.pattern.sticky) return never
    patterns.push(own.pattern)
  }
  if (!bounds || def.coerce || 'format' in def) return never
  return (value) => {
    if (typeof value !== 'string' || value.length < bounds.min || value.length > bounds.max) return false
    for (const pattern of patterns) if (!pattern.test(value)) return false
    return true
  }
}

function number(def: z.core.$ZodNumberDef): Check {
  let isOfKind: Check = Number.isFinite
  const conditions: ((value: number) => boolean)[] = []
  for (const check of def.checks ?? []) {
    const { def: own } = (check as z.core.$ZodChecks)._zod
    if (own.check === 'number_format' && own.format === 'safeint') isOfKind = Number.isSafeInteger
    else if (own.check === 'greater_than' && typeof own.value === 'number') {
      const { value: least, inclusive } = own as { value: number; inclusive: boolean }
      conditions.push((value) => (inclusive ? value >= least : value > least))
    } else if (own.check === 'less_than' && typeof own.value === 'number') {
      const { value: most, inclusive } = own as { value: number; inclusive: boolean }
      conditions.push((value) => (inclusive ? value <= most : value < most))
    } else return never
  }
  if (def.coerce || 'format' in def) return never
  return (value) => {
    if (!isOfKind(value)) return false
    for (const holds of conditions) if (!holds(value as number)) return false
    return true
  }
}

/** Of what is told apart by a property, the one it names; of others only what nobody changes. */
function union(def: z.core.$ZodUnionDef): Check {
  const { options, discriminator } = def as z.core.$ZodUnionDef & { readonly discriminator?: string }
  if (hasChecks(def)) return never
  if (discriminator === undefined) {
    const simple = new Set(['string', 'number', 'boolean', 'literal', 'enum'])
    if (!options.every(({ _zod }) => simple.has(_zod.def.type))) return never
    const either = options.map(compile)
    return (value) => either.some((check) => check(value))
  }
  const named = new Map<unknown, Check>()
  for (const option of options)
    for (const name of option._zod.propValues?.[discriminator] ?? []) named.set(name, compile(option))
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    named.get((value as Record<string, unknown>)[discriminator])?.(value) === true
}
