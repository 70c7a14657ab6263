import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CodedError, nearestName } from '@muster/shared/core'
import type { RunResult } from '@muster/shared/scenario'
import { readEventLog } from '../event-log/read.ts'
import { resultOf } from '../event-log/result.ts'
import { EVENT_LOG } from '../event-log/write.ts'

const RESULT = 'result.json'

/** The file that tells when a run was: its event log is written once, its reports may be made again. */
const witnessOf = (dir: string): string | undefined =>
  [EVENT_LOG, RESULT].map((file) => join(dir, file)).find((path) => existsSync(path))

/** Runs that a directory keeps, the one that ended first at the beginning. */
export function runsIn(outDir: string): readonly string[] {
  const names = existsSync(outDir) ? readdirSync(outDir) : []
  return names
    .flatMap((name) => {
      const witness = witnessOf(join(outDir, name))
      return witness === undefined ? [] : [{ name, atMs: statSync(witness).mtimeMs }]
    })
    .sort((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)
}

/**
 * The directory of a run, by its name, its path or `last`.
 * @throws CodedError `report/unreadable`
 */
export function dirOfRun(run: string, outDir: string): string {
  const runs = runsIn(outDir)
  const named = run === 'last' ? runs.at(-1) : run
  if (named !== undefined) {
    const dir = [join(outDir, named), named].find((each) => witnessOf(each) !== undefined)
    if (dir !== undefined) return resolve(dir)
  }
  const near = nearestName(run, runs)
  const hint = near ? `; did you mean ${near}?` : runs.length > 0 ? `; the last one is ${runs.at(-1)}` : ''
  throw new CodedError('report/unreadable', `there is no run ${run} in ${outDir}${hint}`)
}

/** What a run came to: its result, or what its event log has of it. @throws CodedError `report/unreadable` */
export async function readRun(dir: string): Promise<RunResult> {
  const path = join(dir, RESULT)
  if (!existsSync(path)) return readLoggedRun(dir)
  const result = parsed(path)
  if (result?.version === 1 && Array.isArray(result.phases)) return result
  throw new CodedError('report/unreadable', `${path} is not the result of a run that this Muster can read`)
}

/** The same from the event log alone. @throws CodedError `report/unreadable` */
export const readLoggedRun = async (dir: string): Promise<RunResult> =>
  resultOf(await readEventLog(join(dir, EVENT_LOG)))

function parsed(path: string): RunResult | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunResult
  } catch {
    return undefined
  }
}
