import { compileCondition, compileGate, compileGraphExpectation } from './expressions.ts'
import { formatProblem, parseScenario } from './parse.ts'
import type { CheckExpression } from './references.ts'

/** A scenario with nothing wrong with it. */
export const good = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: small }
population:
  size: 10
  mix:
    - { name: laptops, weight: 2, platform: windows }
    - { name: phones, weight: 1, platform: iOS }
policies:
  - { id: base, type: configuration, platform: windows, settings: { passwordMinimumLength: 8 } }
phases:
  - name: settle
    until: { expr: devices.enrolledShare >= 1.0, timeout: 1h }
`

export const check: CheckExpression = (expr, kind) => {
  const checked = { gate: compileGate, condition: compileCondition, graph: compileGraphExpectation }[kind](expr)
  return checked.ok ? undefined : checked
}
/** What is wrong with a text, as it is printed. */
export const problemsOf = (text: string): string[] => {
  const parsed = parseScenario(text, 'x.yaml', check)
  return parsed.ok ? [] : parsed.problems.map(formatProblem)
}
