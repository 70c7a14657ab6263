import { readFileSync } from 'node:fs'
import { ConfiguredApplications, type GraphConfig } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import type { Command } from 'commander'
import { parse } from 'yaml'
import { positiveNumber } from './arguments.ts'

/** Flags that say how the Graph door is set up. */
export interface GraphFlags {
  readonly intercept?: boolean
  readonly applications?: string
  readonly userPassword?: string
  readonly throttling?: number
  readonly refuseRepeatedAssertions?: boolean
}

export const withGraphFlags = (command: Command): Command =>
  command
    .option('--intercept', 'stand in for graph.microsoft.com and its kin, on port 443')
    .option('--applications <file>', 'YAML or JSON: applications that may ask for tokens, with their roles')
    .option('--user-password <text>', 'one password for every user; without it nobody is asked for one')
    .option('--throttling <scale>', "apply Graph's documented limits, multiplied by this", positiveNumber)
    .option('--refuse-repeated-assertions', 'take each client assertion once only')

/** @throws CodedError `cli/usage` */
export function graphConfigOf(flags: GraphFlags): GraphConfig {
  const { intercept, applications, userPassword, throttling, refuseRepeatedAssertions } = flags
  return {
    ...(intercept ? { intercept } : {}),
    ...(applications === undefined ? {} : { applications: readApplications(applications) }),
    ...(userPassword === undefined ? {} : { userPassword }),
    ...(throttling === undefined ? {} : { throttlingScale: throttling }),
    ...(refuseRepeatedAssertions ? { refuseRepeatedAssertions } : {}),
  }
}

function readApplications(path: string): ConfiguredApplications {
  let content: unknown
  try {
    content = parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new CodedError('cli/usage', `${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  const parsed = ConfiguredApplications.safeParse(content)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new CodedError('cli/usage', `${path}: ${issue?.path.join('.')}: ${issue?.message}`)
}

/** The same flags for another process. */
export function graphArguments(flags: GraphFlags): readonly string[] {
  const { intercept, applications, throttling, refuseRepeatedAssertions } = flags
  return [
    ...(intercept ? ['--intercept'] : []),
    ...(applications === undefined ? [] : ['--applications', applications]),
    ...(throttling === undefined ? [] : ['--throttling', String(throttling)]),
    ...(refuseRepeatedAssertions ? ['--refuse-repeated-assertions'] : []),
  ]
}
