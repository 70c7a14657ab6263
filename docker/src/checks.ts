import type { WorkerView } from '@muster/shared/contracts'
import type { HttpClient } from '../../scenarios/src/client/http-client.ts'
import { done } from './engine.ts'
import { patiently } from './patiently.ts'
import { type ComposeStack, type Container, serviceOf } from './stack.ts'

/** What is asked of a profile, and what was found; a failure throws and says why. */
export interface Check {
  readonly name: string
  readonly look: (stack: ComposeStack) => Promise<string>
}

const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 }
const MEBIBYTE = 1_048_576

/** No container has a right that it does not need. */
export const hardened: Check = {
  name: 'rights',
  look: async (stack) => {
    const all = await stack.containers()
    const wrong = all.flatMap((container) => objectionsTo(container).map((text) => `${serviceOf(container)}: ${text}`))
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
    return `${all.length} containers: user 1000, read-only root, no capability, no new privileges, memory bounded`
  },
}

/** What is wrong with the rights of a container. */
export function objectionsTo({ Config, HostConfig }: Pick<Container, 'Config' | 'HostConfig'>): readonly string[] {
  const { ReadonlyRootfs, Privileged, CapAdd, CapDrop, SecurityOpt, Memory } = HostConfig
  const faults: readonly (readonly [wrong: boolean, text: string])[] = [
    [!/^1000(:1000)?$/.test(Config.User), `runs as ${Config.User || 'root'}`],
    [!ReadonlyRootfs, 'can write to its root file system'],
    [Privileged || (CapAdd?.length ?? 0) > 0 || !CapDrop?.includes('ALL'), 'has capabilities'],
    [!SecurityOpt?.some((option) => /^no-new-privileges(:true)?$/.test(option)), 'can get more rights'],
    [Memory === 0, 'may take all memory'],
  ]
  return faults.filter(([wrong]) => wrong).map(([, text]) => text)
}

/** Devices that Graph counts. */
async function counted(client: HttpClient, filter?: string): Promise<number> {
  const asked = filter === undefined ? '' : `&$filter=${encodeURIComponent(filter)}`
  const path = `/v1.0/deviceManagement/managedDevices?$count=true&$top=1&$select=id${asked}`
  return ((await client.call('GET', path)) as { '@odata.count': number })['@odata.count']
}

/** All devices are enrolled, and all but a few are compliant, as Graph tells it. */
export const enrolledAndCompliant = (devices: number, compliantShare: number): Check => ({
  name: 'devices',
  look: async (stack) => {
    const client = await stack.client()
    return patiently(async () => {
      const [all, compliant] = [await counted(client), await counted(client, "complianceState eq 'compliant'")]
      const text = `${all} devices are enrolled, ${compliant} of them compliant`
      if (all !== devices || compliant < devices * compliantShare) throw new Error(`${text}, of ${devices}`)
      return text
    })
  },
})

/** Each worker has the devices of its own platforms, and Graph counts as many. */
export const families = (systems: Readonly<Record<string, readonly string[]>>): Check => ({
  name: 'families',
  look: async (stack) => {
    const client = await stack.client()
    const { workers } = (await client.call('GET', '/_muster/workers')) as { workers: readonly WorkerView[] }
    const found = await Promise.all(
      Object.entries(systems).map(async ([agentId, names]) => {
        const own = workers.find(({ hello }) => hello.agentId === agentId)?.hello.devices.enrolled ?? 0
        const graph = await counted(client, names.map((name) => `startswith(operatingSystem,'${name}')`).join(' or '))
        if (own === 0 || own !== graph) throw new Error(`the worker ${agentId} has ${own} devices, Graph ${graph}`)
        return `${agentId} ${own}`
      }),
    )
    return found.join(', ')
  },
})

/** What all containers that stay take together. */
export const memoryBelow = (mebibytesMax: number): Check => ({
  name: 'memory',
  look: async (stack) => {
    const ids = (await stack.containers()).filter(({ State }) => State.Status === 'running').map(({ Id }) => Id)
    const told = await done('docker', ['stats', '--no-stream', '--format', '{{.MemUsage}}', ...ids])
    const bytes = told
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + bytesOf(line), 0)
    const text = `${Math.round(bytes / MEBIBYTE)} MiB in ${ids.length} containers`
    if (bytes > mebibytesMax * MEBIBYTE) throw new Error(`${text}: more than ${mebibytesMax} MiB`)
    return `${text}, of ${mebibytesMax} MiB`
  },
})

/** The first half of `75.1MiB / 256MiB`, in bytes. */
export function bytesOf(usage: string): number {
  const [, number, unit = ''] = /^([\d.]+)([KMG]i?B|B)/.exec(usage.trim()) ?? []
  const factor = BYTES[unit]
  if (number === undefined || factor === undefined) throw new Error(`what is ${JSON.stringify(usage)}?`)
  return Number(number) * factor
}
