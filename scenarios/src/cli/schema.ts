import { scenarioJsonSchema } from '@muster/shared/scenario'
import { Argument, type Command } from 'commander'

export function addSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of a file format, for editors')
    .addArgument(new Argument('<format>', 'which').choices(['scenario']))
    .action(() => {
      process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`)
    })
}
