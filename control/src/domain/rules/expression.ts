/** What the three rule languages are parsed to; SQL compilers and evaluators work on this alone. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'comparison'
      readonly property: string
      readonly operator: ComparisonOperator
      readonly value: Literal
    }
  | { readonly kind: 'in'; readonly property: string; readonly values: readonly Literal[] }
  /** A condition over the members of a collection; inside it, property '' is the member itself. */
  | { readonly kind: 'any' | 'all'; readonly property: string; readonly condition: Expression }

export type ComparisonOperator =
  | 'eq'
  | 'ne'
  | 'gt'
  | 'ge'
  | 'lt'
  | 'le'
  | 'startsWith'
  | 'endsWith'
  | 'contains'
  | 'match'

export type Literal =
  | { readonly type: 'string' | 'version' | 'dateTime'; readonly value: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null'; readonly value: null }

/** What a rule is asked about: property → value; an absent property is null. */
export interface RuleSubject {
  readonly [property: string]: RuleValue
}
export type RuleValue = string | number | boolean | readonly RuleValue[] | RuleSubject | null | undefined

export const negate = (operand: Expression): Expression => ({ kind: 'not', operand })
