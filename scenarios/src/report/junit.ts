import { type ExpectationResult, formatDuration, type PhaseResult, type RunResult } from '@muster/shared/scenario'

/** Text that may stand in XML: markup escaped, characters that XML 1.0 forbids replaced. */
export const xmlText = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are forbidden (XML 1.0 §2.2)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

interface Case {
  readonly name: string
  /** `error`: the run itself says nothing, because it was cut off or is not valid. */
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped'
  readonly message: string
  /** What a reader of the failure needs besides its message. */
  readonly details: readonly string[]
  readonly seconds: number
}

/** The run as CI systems read JUnit: a suite for each kind of expectation, with times, properties and failures in full. */
export const renderJunit = (result: RunResult): string => mergedJunit([result])

/** Several runs as one: a merged file is named after all of their scenarios. */
export function mergedJunit(results: readonly RunResult[]): string {
  const names = [...new Set(results.map(({ scenario }) => scenario.name))]
  const all = results.map(suitesOf)
  const seconds = results.reduce((sum, result) => sum + wallSeconds(result), 0)
  const cases = all.flatMap((suites) => suites.cases)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${xmlText(names.join(', '))}" ${countsOf(cases)} time="${seconds.toFixed(3)}">\n${all.map(({ text }) => text).join('')}</testsuites>\n`
}

function suitesOf(result: RunResult): { readonly cases: readonly Case[]; readonly text: string } {
  const suites: readonly (readonly [string, readonly Case[]])[] = [
    ['run', [runCase(result)]],
    ['phases', result.phases.map((phase) => phaseCase(phase, result))],
    ['invariants', result.invariants.map((each) => expectationCase(each, result))],
    ['assertions', result.assertions.map((each) => expectationCase(each, result))],
    ['thresholds', result.thresholds.map((each) => expectationCase(each, result))],
  ]
  const cases = suites.flatMap(([, each]) => each)
  const body = suites.filter(([, each]) => each.length > 0).map(([name, each]) => suite(result, name, each))
  return { cases, text: body.join('') }
}

const wallSeconds = ({ startedWallMs, endedWallMs }: RunResult): number => (endedWallMs - startedWallMs) / 1_000

const words: Readonly<Record<number, string>> = {
  14: 'a part of Muster ended without being asked to',
  20: 'the run is not valid: the simulator was not fast enough for its figures to mean anything',
  130: 'the run was interrupted',
}

/** Whether there was a run that means something: without it a run that was cut off would look like one that passed. */
function runCase(result: RunResult): Case {
  const why =
    result.unfinished ??
    words[result.exitCode] ??
    (result.verdict === 'aborted' ? 'the run was interrupted' : undefined)
  return {
    name: 'the run is whole and valid',
    outcome: why === undefined ? 'passed' : 'error',
    message: why ?? '',
    details: [`verdict ${result.verdict}, exit code ${result.exitCode}`],
    seconds: wallSeconds(result),
  }
}

const phaseCase = ({ name, outcome, text, fromMs, toMs }: PhaseResult, { speed }: RunResult): Case => ({
  name,
  outcome: outcome === 'done' ? 'passed' : outcome === 'skipped' ? 'skipped' : 'failure',
  message: `${outcome}: ${text}`,
  details: [`lasted ${formatDuration(toMs - fromMs)} of simulated time`],
  seconds: (toMs - fromMs) / 1_000 / speed,
})

const expectationCase = (
  { name, ok, outcome, expected, got, atMs, devices }: ExpectationResult,
  run: RunResult,
): Case => ({
  name,
  // What was never asked, or says nothing in such a run, is neither one nor the other.
  outcome: outcome ? 'skipped' : ok ? 'passed' : 'failure',
  message: `expected ${expected}, got ${got}`,
  details: [
    `expected: ${expected}`,
    `got: ${got}`,
    `at: ${formatDuration(atMs - run.startedMs)} of simulated time`,
    ...(devices.length > 0 ? [`devices: ${devices.join(', ')}`] : []),
  ],
  seconds: 0,
})

function countsOf(cases: readonly Case[]): string {
  const count = (outcome: Case['outcome']): number => cases.filter((each) => each.outcome === outcome).length
  return `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`
}

function suite(result: RunResult, name: string, cases: readonly Case[]): string {
  const properties = Object.entries({
    run: result.runId,
    file: result.scenario.file,
    seed: result.seed,
    speed: String(result.speed),
    tags: result.scenario.tags.join(','),
    verdict: result.verdict,
    command: result.command,
    ...result.environment,
  }).map(([key, value]) => `      <property name="${xmlText(key)}" value="${xmlText(value)}"/>\n`)
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0)
  const body = cases.map((each) => testCase(`${result.scenario.name}.${name}`, each, result))
  return `  <testsuite name="${xmlText(name)}" ${countsOf(cases)} time="${seconds.toFixed(3)}" timestamp="${new Date(result.startedWallMs).toISOString()}">\n    <properties>\n${properties.join('')}    </properties>\n${body.join('')}  </testsuite>\n`
}

function testCase(
  suiteName: string,
  { name, outcome, message, details, seconds }: Case,
  { command, scenario }: RunResult,
): string {
  const open = `    <testcase classname="${xmlText(suiteName)}" name="${xmlText(name)}" file="${xmlText(scenario.file)}" time="${seconds.toFixed(3)}"`
  if (outcome === 'passed') return `${open}/>\n`
  if (outcome === 'skipped') return `${open}><skipped message="${xmlText(message)}"/></testcase>\n`
  const text = [...details, `again: ${command}`].join('\n')
  return `${open}><${outcome} message="${xmlText(message)}" type="${outcome === 'error' ? 'run' : xmlText(suiteName.split('.').at(-1) ?? '')}">${xmlText(text)}</${outcome}></testcase>\n`
}
