import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection } from '@muster/control'
import { createHttpClient, type HttpClient } from '../../scenarios/src/client/http-client.ts'
import { composeCommand, done, type Told, tell } from './engine.ts'

/** What the engine says of a container, as far as it is of interest here. */
export interface Container {
  readonly Id: string
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> }
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean
    readonly Privileged: boolean
    readonly CapAdd: readonly string[] | null
    readonly CapDrop: readonly string[] | null
    readonly SecurityOpt: readonly string[] | null
    readonly Memory: number
  }
  readonly State: {
    readonly Status: string
    readonly ExitCode: number
    readonly Pid: number
    readonly Health?: { readonly Status: string }
  }
}

export const serviceOf = ({ Config }: Container): string => Config.Labels['com.docker.compose.service'] ?? ''

/** A profile of the Compose file as a project of its own, at a port of its own. */
export interface ComposeStack extends AsyncDisposable {
  compose(...args: readonly string[]): Promise<string>
  /** The same, whatever its exit code. */
  tryCompose(...args: readonly string[]): Promise<Told>
  containers(): Promise<readonly Container[]>
  /** Wait until all that stays is healthy, and all that ends has ended well. Answers the containers. */
  healthy(): Promise<readonly Container[]>
  /** Kill the process of a service as a crash would. It comes back as its restart policy says. */
  kill(service: string): Promise<void>
  /** A client from outside, by what the control service wrote for clients. */
  client(): Promise<HttpClient>
  /** Containers, volumes and networks of the project that are left. */
  left(): Promise<readonly string[]>
  down(): Promise<void>
}

const LOOK_EVERY_MS = 500
const HEALTHY_WITHIN_MS = 240_000

export async function composeStack(profile: string): Promise<ComposeStack> {
  const [command = '', ...base] = (await composeCommand()) ?? []
  const project = `muster-verify-${profile}`
  const args = [...base, '-p', project, '-f', 'docker/compose.yaml', '--profile', profile]
  const settings = { env: { MUSTER_PORT: '0' } }
  const label = `label=com.docker.compose.project=${project}`
  const clients: HttpClient[] = []
  const containers = async (): Promise<readonly Container[]> => {
    const ids = (await done('docker', ['ps', '-aq', '--filter', label])).split('\n').filter(Boolean)
    return ids.length === 0 ? [] : (JSON.parse(await done('docker', ['inspect', ...ids])) as Container[])
  }
  const idOf = async (prefix: string): Promise<string> => {
    const found = (await containers()).find((each) => serviceOf(each) === prefix)
    if (!found) throw new Error(`there is no container of ${prefix}`)
    return found.Id
  }
  const compose = (...more: readonly string[]): Promise<string> => done(command, [...args, ...more], settings)
  const down = async (): Promise<void> => {
    for (const client of clients.splice(0)) client.close()
    await compose('down', '--volumes', '--remove-orphans', '--timeout', '40')
  }
  return {
    compose,
    tryCompose: (...more) => tell(command, [...args, ...more], settings),
    containers,
    healthy: async () => {
      const deadline = Date.now() + HEALTHY_WITHIN_MS
      for (;;) {
        const all = await containers()
        const failed = all.find(({ State }) => State.Status === 'exited' && State.ExitCode !== 0)
        if (failed && Date.now() > deadline - HEALTHY_WITHIN_MS / 2) throw await lastWords(failed)
        if (all.length > 0 && all.every(isWell)) return all
        if (Date.now() > deadline) throw await lastWords(all.find((each) => !isWell(each)))
        await pause()
      }
    },
    kill: async (service) => {
      const id = await idOf(service)
      const [{ State } = { State: { Pid: 0 } }] = JSON.parse(await done('docker', ['inspect', id])) as Container[]
      if (isOurs(State.Pid)) process.kill(State.Pid, 'SIGKILL')
      else {
        // An engine elsewhere, or not ours to signal: it takes this for a stop, and is told to start again.
        await done('docker', ['kill', id])
        await done('docker', ['start', id])
      }
    },
    client: async () => {
      const control = (await containers()).find((each) => serviceOf(each).startsWith('control'))
      if (!control) throw new Error('there is no control service')
      const dir = mkdtempSync(join(tmpdir(), 'muster-verify-'))
      try {
        await done('docker', ['cp', `${control.Id}:/var/lib/muster-clients/.`, dir])
        const said = Connection.parse(JSON.parse(readFileSync(join(dir, 'connection.json'), 'utf8')))
        const published = (await done('docker', ['port', control.Id, '443/tcp'])).trim().split('\n')[0] ?? ''
        const url = `https://localhost:${published.split(':').at(-1)}`
        const client = createHttpClient({ ...said, url, caFile: join(dir, 'root-ca.pem') })
        clients.push(client)
        return client
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    },
    left: async () => {
      const kinds = [
        ['ps', '-a'],
        ['volume', 'ls'],
        ['network', 'ls'],
      ] as const
      const found = await Promise.all(kinds.map((kind) => done('docker', [...kind, '-q', '--filter', label])))
      return found.join('\n').split('\n').filter(Boolean)
    },
    down,
    [Symbol.asyncDispose]: down,
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))

function isWell({ State }: Container): boolean {
  if (State.Health) return State.Status === 'running' && State.Health.Status === 'healthy'
  return State.Status === 'exited' && State.ExitCode === 0
}

async function lastWords(container: Container | undefined): Promise<Error> {
  if (!container) return new Error('no container was made')
  const { stdout, stderr } = await tell('docker', ['logs', '--tail', '20', container.Id])
  const { Status, Health } = container.State
  return new Error(`${serviceOf(container)} is ${Health?.Status ?? Status}:\n${stdout}${stderr}`)
}

/** Whether this is a process of a container on this machine that may be signalled from here. */
function isOurs(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes('docker') && process.kill(pid, 0)
  } catch {
    return false
  }
}
