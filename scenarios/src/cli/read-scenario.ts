import { readFileSync } from 'node:fs'
import { CodedError } from '@muster/shared/core'
import {
  type CheckExpression,
  compileCondition,
  compileGate,
  compileGraphExpectation,
  parseScenario,
} from '@muster/shared/scenario'

const compilers = { gate: compileGate, condition: compileCondition, graph: compileGraphExpectation }

/** What is wrong with an expression, if anything is. */
export const checkExpression: CheckExpression = (expr, kind) => {
  const compiled = compilers[kind](expr)
  return compiled.ok ? undefined : compiled
}

/** Read and check a scenario file, with other values where `sets` says so. @throws CodedError `scenario/unreadable` */
export function readScenario(file: string, sets: readonly string[] = []): ReturnType<typeof parseScenario> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CodedError('scenario/unreadable', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return parseScenario(text, file, checkExpression, sets)
}
