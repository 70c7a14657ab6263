import { CodedError } from '@muster/shared/core'
import { formatProblem, type Problem } from '@muster/shared/scenario'
import { type Command, Option } from 'commander'
import { readScenario } from './read-scenario.ts'

/** A problem as an annotation of GitHub Actions, which takes a line each: what would end it is written as a code. */
function annotation({ file, line, column, path, message }: Problem, level: 'error' | 'warning'): string {
  const coded = (text: string): string => text.replace(/[%\r\n]/g, encodeURIComponent)
  const place = coded(file).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::${level} file=${place},line=${line},col=${column}::${coded(path ? `${path}: ${message}` : message)}`
}

const tell = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

function tellGithub(problems: readonly Problem[], warnings: readonly Problem[]): void {
  for (const problem of problems) tell(annotation(problem, 'error'))
  for (const warning of warnings) tell(annotation(warning, 'warning'))
}

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('check scenarios: schema, references, expressions')
    .argument('<scenario...>', 'scenario files')
    .addOption(new Option('--format <format>', 'how to say it').choices(['text', 'json', 'github']).default('text'))
    .option('--json', 'the same as --format json')
    .action((files: string[], options: { format: string; json?: boolean }) => {
      const checked = files.map((file) => ({ file, ...checkedFile(file) }))
      const warnings = checked.flatMap((each) => each.warnings)
      const problems = checked.flatMap((each) => each.problems)
      if (options.json || options.format === 'json')
        tell(JSON.stringify({ ok: problems.length === 0, problems, warnings }, null, 2))
      else if (options.format === 'github') tellGithub(problems, warnings)
      else {
        for (const problem of problems) tell(formatProblem(problem))
        for (const warning of warnings) tell(formatProblem({ ...warning, path: `warning: ${warning.path}` }))
        for (const each of checked) if (each.problems.length === 0) tell(`${each.file}: valid`)
      }
      process.exitCode = problems.length === 0 ? 0 : 3
    })
}

/** What is wrong with a file. One that cannot be read is a problem like others: the rest of the files is checked as well. */
function checkedFile(file: string): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  try {
    const read = readScenario(file)
    return read.ok ? { problems: [], warnings: read.warnings } : { problems: read.problems, warnings: [] }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return { problems: [{ file, line: 1, column: 1, path: '', message: error.message }], warnings: [] }
  }
}
