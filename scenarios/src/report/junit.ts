import type { ExpectationResult, RunResult } from '@muster/shared/scenario'

/** Text that may stand in XML: markup escaped, characters that XML 1.0 forbids replaced. */
export const xmlText = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are forbidden (XML 1.0 §2.2)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

interface Case {
  readonly name: string
  readonly ok: boolean
  readonly skipped?: boolean
  readonly message: string
}

const caseOf = ({ name, ok, expected, got }: ExpectationResult): Case => ({
  name,
  ok,
  message: `expected ${expected}, got ${got}`,
})

/** The run as JUnit reads it: a suite for each kind of expectation. */
export function renderJunit(result: RunResult): string {
  const suites: readonly (readonly [string, readonly Case[]])[] = [
    [
      'phases',
      result.phases.map(({ name, outcome, text }) => ({
        name,
        ok: outcome === 'done',
        skipped: outcome === 'skipped',
        message: text,
      })),
    ],
    ['thresholds', result.thresholds.map(caseOf)],
    ['assertions', result.assertions.map(caseOf)],
    ['invariants', result.invariants.map(caseOf)],
  ]
  const body = suites.filter(([, cases]) => cases.length > 0).map(([name, cases]) => suite(result, name, cases))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${xmlText(result.scenario.name)}">\n${body.join('')}</testsuites>\n`
}

function suite(result: RunResult, name: string, cases: readonly Case[]): string {
  const failures = cases.filter(({ ok, skipped }) => !ok && !skipped).length
  const skipped = cases.filter((each) => each.skipped).length
  const properties = `    <properties><property name="seed" value="${xmlText(result.seed)}"/><property name="command" value="${xmlText(result.command)}"/></properties>\n`
  const body = cases.map(({ name: test, ok, skipped: skip, message }) => {
    const inner = skip
      ? `<skipped message="${xmlText(message)}"/>`
      : ok
        ? ''
        : `<failure message="${xmlText(message)}"/>`
    return `    <testcase classname="${xmlText(`${result.scenario.name}.${name}`)}" name="${xmlText(test)}">${inner}</testcase>\n`
  })
  return `  <testsuite name="${xmlText(name)}" tests="${cases.length}" failures="${failures}" skipped="${skipped}">\n${properties}${body.join('')}  </testsuite>\n`
}
