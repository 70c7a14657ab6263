import type { Profile } from './profiles.ts'

/** What was found, line by line: `ok    memory        594 MiB in 6 containers, of 1024 MiB`. */
export interface Line {
  readonly name: string
  readonly ok: boolean
  readonly text: string
}

/** What is found of every profile, around its own checks. */
const BEFORE = ['config', 'healthy'] as const
const AFTER = ['down'] as const

export const lineText = ({ name, ok, text }: Line): string =>
  `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(22)}${text.replaceAll('\n', `\n${' '.repeat(28)}`)}\n`

/** What is the same in every run: numbers are not. */
export const shapeOf = (transcript: string): string => transcript.replaceAll(/\d+(\.\d+)?/g, '#')

/** The names of the lines that a profile has, in order. */
export const lineNames = ({ checks }: Profile): readonly string[] => [
  ...BEFORE,
  ...checks.map(({ name }) => name),
  ...AFTER,
]

/** Where the transcript of a profile is kept, below the project. */
export const transcriptFile = (profile: string): string => `docs/docker-runs/${profile}.txt`
