import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CodedError } from '@muster/shared/core'
import { scenarioJsonSchema } from '@muster/shared/scenario'
import { Argument, type Command } from 'commander'

/** Where a starter comes from: a file of the library that tells its story. */
const starters = {
  minimal: 'starters/minimal.yaml',
  rollout: 'library/ring-rollout.yaml',
  compliance: 'library/grace-and-retire.yaml',
  chaos: 'library/chaos.yaml',
} as const

const SCHEMA_FILE = join('.muster', 'scenario-v1.json')

export function addInit(program: Command): void {
  program
    .command('init')
    .description('write a scenario to start from, and the schema for your editor')
    .addArgument(new Argument('[starter]', 'which').choices(Object.keys(starters)).default('minimal'))
    .option('--out <file>', 'where to; never over a file that is there')
    .action((starter: keyof typeof starters, { out }: { out?: string }) => {
      const path = out ?? basename(starters[starter])
      if (existsSync(path))
        throw new CodedError('cli/file-exists', `${path} is there already: remove it, or choose another with --out`)
      write(path, `# yaml-language-server: $schema=${SCHEMA_FILE}\n${textOf(starter)}`)
      write(SCHEMA_FILE, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`)
      process.stdout.write(
        `${path} written. Try it:\n  muster validate ${path}\n  muster run ${path} --speed virtual\n`,
      )
    })
}

const textOf = (starter: keyof typeof starters): string =>
  readFileSync(fileURLToPath(new URL(`../../${starters[starter]}`, import.meta.url)), 'utf8')

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch (cause) {
    throw new CodedError('cli/unwritable', `${path} cannot be written: ${(cause as Error).message}`, { cause })
  }
}
