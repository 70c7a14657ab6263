import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { RunResult } from '@muster/shared/scenario'
import { stringify } from 'yaml'
import type { RunOptions } from './run.ts'
import type { Stage } from './stage.ts'

/** What is known of a run before anything has happened in it. */
export type RunHead = Pick<
  RunResult,
  | 'version'
  | 'runId'
  | 'scenario'
  | 'seed'
  | 'mode'
  | 'speed'
  | 'environment'
  | 'command'
  | 'startedWallMs'
  | 'startedMs'
  | 'resolvedYaml'
>

/** The head of a run's result, and of its record. */
export function headOf(
  stage: Stage,
  { scenario, file, runId, command }: Pick<RunOptions, 'scenario' | 'file' | 'runId' | 'command'>,
  started: Pick<RunHead, 'startedWallMs' | 'startedMs'>,
): RunHead {
  return {
    version: 1,
    runId,
    scenario: { ...scenario.metadata, file },
    seed: scenario.seed,
    mode: stage.mode,
    speed: scenario.clock.speed,
    environment: { ...machine(), ...stage.environment },
    command,
    ...started,
    resolvedYaml: stringify(scenario),
  }
}

function machine(): Readonly<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return {
    muster: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: String(cpus().length),
  }
}
