import { CodedError } from '@muster/shared/core'
import { type Command, CommanderError, type Option } from 'commander'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createProgram } from './program.ts'

/** A command with the words that lead to it. */
interface Found {
  readonly words: readonly string[]
  readonly command: Command
}

const commandsIn = (command: Command, words: readonly string[] = []): Found[] => [
  ...(command.commands.length === 0 ? [{ words, command }] : []),
  ...command.commands.flatMap((each) => commandsIn(each, [...words, each.name()])),
]

/** The program with commands that do nothing, and that say nothing of what they refuse. */
function silentProgram(): Command {
  const program = createProgram()
  for (const { command } of commandsIn(program)) command.action(() => undefined)
  const silence = (command: Command): void => {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    command.exitOverride()
    for (const each of command.commands) silence(each)
  }
  silence(program)
  return program
}

/** What comes of a command line: nothing, or what it is refused with. */
async function outcomeOf(args: readonly string[]): Promise<unknown> {
  try {
    await silentProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    return error
  }
  return undefined
}

/** Refused by its kind, in a line that says what with. */
function expectSound(error: unknown, args: readonly string[]): void {
  if (error === undefined) return
  expect(error instanceof CommanderError || error instanceof CodedError, `${args.join(' ')}: ${String(error)}`).toBe(
    true,
  )
  if (error instanceof CommanderError) expect([0, 1, 2]).toContain(error.exitCode)
  if (error instanceof CodedError) expect(error.code, args.join(' ')).toMatch(/^cli\//)
}

/** It is about an option, and not about the words that stand beside it. */
const isOfOption = (error: unknown): error is CommanderError =>
  error instanceof CommanderError &&
  error.code === 'commander.invalidArgument' &&
  !error.message.includes('command-argument')

const found = commandsIn(createProgram())
const named = (option: Option): string => option.long ?? option.short ?? ''

const value = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '-1',
    '0',
    '1.5',
    '1e400',
    'NaN',
    '65536',
    '10m',
    '10%',
    '../..',
    '__proto__',
    '--',
    '-',
    'x=y',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ minLength: 5_000, maxLength: 6_000 }),
)
const argument = fc.oneof(
  value,
  value.map((text) => `--${text}`),
  fc.constantFrom('--help', '--version', '--json', '-h', '--data', '--no-color', '--port=', '--unknown'),
)
const command = fc.constantFrom(...found)

it('knows every command', () => {
  expect(found.length).toBeGreaterThan(20)
})

it('takes any words after any command, or refuses them in so many words', async () => {
  await fc.assert(
    fc.asyncProperty(command, fc.array(argument, { maxLength: 5 }), async ({ words }, rest) => {
      const args = [...words, ...rest]
      expectSound(await outcomeOf(args), args)
    }),
    { numRuns: 400 },
  )
})

it('takes any value for any option, or refuses it and names the option', async () => {
  const options = found.flatMap(({ words, command: { options: own, registeredArguments } }) =>
    own.filter(({ required }) => required).map((option) => ({ words, option, needs: registeredArguments.length })),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...options), value, async ({ words, option, needs }, text) => {
      const args = [...words, ...Array.from({ length: needs }, () => 'x'), `${named(option)}=${text}`]
      const error = await outcomeOf(args)
      expectSound(error, args)
      if (isOfOption(error)) expect(error.message).toContain(named(option))
    }),
    { numRuns: 600 },
  )
})

it('takes any value for any option from the environment, or refuses it and names the variable', async () => {
  const options = found.flatMap(({ words, command: { options: own, registeredArguments } }) =>
    own
      .filter(({ required, envVar }) => required && envVar !== undefined)
      .map((option) => ({ words, option, needs: registeredArguments.length })),
  )
  expect(options.length).toBeGreaterThan(20)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...options), value, async ({ words, option, needs }, text) => {
      const variable = option.envVar ?? ''
      const before = process.env[variable]
      // What cannot stand in an environment at all is nothing to be refused.
      if (text.includes('\0')) return
      process.env[variable] = text
      try {
        const args = [...words, ...Array.from({ length: needs }, () => 'x')]
        const error = await outcomeOf(args)
        expectSound(error, args)
        if (isOfOption(error)) expect(error.message).toContain(variable)
      } finally {
        if (before === undefined) delete process.env[variable]
        else process.env[variable] = before
      }
    }),
    { numRuns: 600 },
  )
})
