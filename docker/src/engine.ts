import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Told {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Run a command to its end, in the project. */
export async function tell(
  command: string,
  args: readonly string[],
  { env = {}, input = '' }: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): Promise<Told> {
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.on('error', () => undefined).end(input)
  const closed = once(child, 'close').then(([code]) => code as number | null)
  const failed = once(child, 'error').then(([error]) => {
    stderr += String(error)
    return 127
  })
  const code = await Promise.race([closed, failed])
  return { code: code ?? 1, stdout, stderr }
}

/** The same, which has to go well. @throws Error with what the command said */
export async function done(
  command: string,
  args: readonly string[],
  more: Parameters<typeof tell>[2] = {},
): Promise<string> {
  const { code, stdout, stderr } = await tell(command, args, more)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${(stderr || stdout).trim()}`)
  return stdout
}

/** Why nothing can be verified here; `undefined` when an engine and Compose answer. */
export async function whatIsMissing(): Promise<string | undefined> {
  const { code, stderr } = await tell('docker', ['info', '--format', '{{.ServerVersion}}'])
  if (code !== 0) return `no Docker engine answers here (${stderr.trim().split('\n')[0]})`
  return (await composeCommand()) ? undefined : 'there is neither `docker compose` nor `docker-compose`'
}

/** Compose v2 where there is one, else 1.29. */
export async function composeCommand(): Promise<readonly string[] | undefined> {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const [name = '', ...args] = command
    if ((await tell(name, [...args, 'version'])).code === 0) return command
  }
  return undefined
}
