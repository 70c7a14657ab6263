import { formatProblem, type Problem } from '@muster/shared/scenario'
import type { Command } from 'commander'
import { readScenario } from './read-scenario.ts'

/** A problem as an annotation of GitHub Actions. */
const annotation = ({ file, line, column, path, message }: Problem): string =>
  `::error file=${file},line=${line},col=${column}::${path ? `${path}: ` : ''}${message}`

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('check scenarios: schema, references, expressions')
    .argument('<scenario...>', 'scenario files')
    .option('--format <format>', 'text, json or github', 'text')
    .option('--json', 'the same as --format json')
    .action((files: string[], options: { format: string; json?: boolean }) => {
      const checked = files.map((file) => ({ file, result: readScenario(file) }))
      const problems = checked.flatMap(({ result }) => (result.ok ? [] : result.problems))
      if (options.json || options.format === 'json')
        process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, problems }, null, 2)}\n`)
      else {
        for (const problem of problems)
          process.stdout.write(`${options.format === 'github' ? annotation(problem) : formatProblem(problem)}\n`)
        for (const { file, result } of checked)
          if (result.ok && options.format === 'text') process.stdout.write(`${file}: valid\n`)
      }
      process.exitCode = problems.length === 0 ? 0 : 3
    })
}
