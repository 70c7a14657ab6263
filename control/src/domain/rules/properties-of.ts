import type { Expression } from './expression.ts'

/** Every property that an expression asks for. */
export function propertiesOf(expression: Expression): ReadonlySet<string> {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return new Set(expression.operands.flatMap((operand) => [...propertiesOf(operand)]))
    case 'not':
      return propertiesOf(expression.operand)
    case 'any':
    case 'all':
    case 'in':
    case 'comparison':
      return new Set([expression.property])
  }
}
