import { CodedError } from '@muster/shared/core'
import { formatProblem, type Problem } from '@muster/shared/scenario'
import { type Command, Option } from 'commander'
import { readScenario } from './read-scenario.ts'

/** A problem as an annotation of GitHub Actions, which takes a line each: what would end it is written as a code. */
function annotation({ file, line, column, path, message }: Problem): string {
  const coded = (text: string): string => text.replace(/[%\r\n]/g, encodeURIComponent)
  const place = coded(file).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::error file=${place},line=${line},col=${column}::${coded(path ? `${path}: ${message}` : message)}`
}

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('check scenarios: schema, references, expressions')
    .argument('<scenario...>', 'scenario files')
    .addOption(new Option('--format <format>', 'how to say it').choices(['text', 'json', 'github']).default('text'))
    .option('--json', 'the same as --format json')
    .action((files: string[], options: { format: string; json?: boolean }) => {
      const checked = files.map((file) => ({ file, problems: problemsOf(file) }))
      const problems = checked.flatMap((each) => each.problems)
      if (options.json || options.format === 'json')
        process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, problems }, null, 2)}\n`)
      else {
        for (const problem of problems)
          process.stdout.write(`${options.format === 'github' ? annotation(problem) : formatProblem(problem)}\n`)
        for (const each of checked)
          if (each.problems.length === 0 && options.format === 'text') process.stdout.write(`${each.file}: valid\n`)
      }
      process.exitCode = problems.length === 0 ? 0 : 3
    })
}

/** What is wrong with a file. One that cannot be read is a problem like others: the rest of the files is checked as well. */
function problemsOf(file: string): readonly Problem[] {
  try {
    const read = readScenario(file)
    return read.ok ? [] : read.problems
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return [{ file, line: 1, column: 1, path: '', message: error.message }]
  }
}
