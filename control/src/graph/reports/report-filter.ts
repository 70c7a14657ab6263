import { compile } from '../../domain/rules/evaluate.ts'
import type { Expression } from '../../domain/rules/expression.ts'
import { parseODataFilter } from '../../domain/rules/index.ts'
import { orRefuse } from '../graph-request.ts'
import type { Row } from './report-table.ts'

export type MembershipTest = (row: Row) => boolean

/** The filter of a report: OData over its columns, in any case. Codes may be written as text: `(OwnerType eq '1')`. */
export function parseReportFilter(text: string, columnOf: (name: string) => string): MembershipTest {
  const expression = renamed(orRefuse(parseODataFilter(text)).expression, columnOf)
  const matches = compile(expression)
  return (row) => matches(row)
}

function renamed(expression: Expression, columnOf: (name: string) => string): Expression {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { ...expression, operands: expression.operands.map((operand) => renamed(operand, columnOf)) }
    case 'not':
      return { ...expression, operand: renamed(expression.operand, columnOf) }
    default:
      return { ...expression, property: columnOf(expression.property) }
  }
}
