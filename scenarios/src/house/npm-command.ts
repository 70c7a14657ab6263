import { spawnSync } from 'node:child_process'
import { ROOT } from './locked-packages.ts'

export interface Told {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

/** Longer than npm waits for a registry that does not answer. */
const PATIENCE_MS = 240_000
const OUTPUT_BYTES_MAX = 64 * 1_048_576

/** The npm that this was started by, or that of the machine. */
export function npm(args: readonly string[], env: NodeJS.ProcessEnv): Told {
  const { npm_execpath: script, npm_node_execpath: node } = env
  const [file, first] = script ? [node ?? process.execPath, [script]] : ['npm', []]
  const ended = spawnSync(file, [...first, ...args], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  return { stdout: ended.stdout ?? '', stderr: ended.error?.message ?? ended.stderr, code: ended.status }
}
