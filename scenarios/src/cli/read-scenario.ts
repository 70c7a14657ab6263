import { readFileSync } from 'node:fs'
import { CodedError } from '@muster/shared/core'
import { compileCondition, compileGate, type Problem, parseScenario, type Scenario } from '@muster/shared/scenario'

/** Whether an expression compiles; what is wrong with it otherwise. */
export function checkExpression(expr: string, kind: 'condition' | 'gate'): string | undefined {
  const compiled = kind === 'gate' ? compileGate(expr) : compileCondition(expr)
  return compiled.ok ? undefined : compiled.message
}

/** Read and check a scenario file. @throws CodedError `scenario/unreadable` */
export function readScenario(
  file: string,
): { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly Problem[] } {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CodedError('scenario/unreadable', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return parseScenario(text, file, checkExpression)
}
