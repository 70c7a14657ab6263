import type { EnumType } from '../model/entity-model.ts'
import type { Shape } from './shape.ts'

/** How values compare: by characters without regard to case, as numbers, as moments; `unknown` goes by what is compared. */
export type Ordering = 'text' | 'number' | 'boolean' | 'time' | 'unknown'

/** What an operand yields. */
export type ValueType =
  | { readonly kind: Ordering | 'null' }
  | { readonly kind: 'enum'; readonly enum: EnumType }
  | { readonly kind: 'structured' | 'collection' }

/** A literal; a moment is milliseconds since 1970. */
export type LiteralValue = string | number | boolean | null

/** A step along a path: to a property, or into the values of a type. */
export type Step =
  | { readonly kind: 'property'; readonly name: string }
  /** Names of the type and of all that are derived from it, lower case. */
  | { readonly kind: 'cast'; readonly types: ReadonlySet<string> }

/** A path from the entity (0) or from the variable of a lambda (1 for the outermost). */
export interface Path {
  readonly from: number
  readonly steps: readonly Step[]
}

export type Operand =
  | { readonly kind: 'literal'; readonly value: LiteralValue; readonly type: ValueType }
  | { readonly kind: 'path'; readonly path: Path; readonly type: ValueType; readonly shape?: Shape }
  /** How many members a collection has: `assignments/$count`. */
  | { readonly kind: 'count'; readonly path: Path; readonly type: ValueType }
  | { readonly kind: 'call'; readonly name: string; readonly operands: readonly Operand[]; readonly type: ValueType }

export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'
export type TextTest = 'startsWith' | 'endsWith' | 'contains'

/** A `$filter` whose names and types have been checked (OData 4.01 URL conventions §5.1.1). */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Filter[] }
  | { readonly kind: 'not'; readonly operand: Filter }
  | {
      readonly kind: 'comparison'
      readonly operator: ComparisonOperator
      readonly left: Operand
      readonly right: Operand
      readonly by: Ordering
    }
  | { readonly kind: 'in'; readonly operand: Operand; readonly values: readonly LiteralValue[]; readonly by: Ordering }
  /** Flags: all of the members are set. */
  | { readonly kind: 'has'; readonly operand: Operand; readonly members: readonly string[] }
  | { readonly kind: 'text'; readonly test: TextTest; readonly operand: Operand; readonly part: Operand }
  | { readonly kind: 'isof'; readonly path: Path; readonly types: ReadonlySet<string> }
  | { readonly kind: 'any' | 'all'; readonly path: Path; readonly condition?: Filter }
  | { readonly kind: 'truth'; readonly operand: Operand }
