import type { Stats } from '@muster/shared/contracts'
import { systemClock } from '@muster/shared/runtime'
import { historyVerdict } from '../../scenarios/src/runner/history.ts'
import type { Check } from './checks.ts'
import { PATIENCE_MS, patiently } from './patiently.ts'
import type { ComposeStack } from './stack.ts'

/** A service is killed as by a crash, and comes back: nothing is lost, and nothing is there twice. */
export const comesBack = (service: string, devices: number): Check => ({
  name: `kill ${service}`,
  look: async (stack) => {
    const sinceMs = Date.now()
    await stack.kill(service)
    await stack.healthy()
    const text = await everythingIsThere(stack, devices)
    return `well again after ${secondsSince(sinceMs)} s: ${text}`
  },
})

/** A server of the cluster is stopped and stays away: what devices report meanwhile is committed all the same. */
export const goesOnWithout = (service: string, devices: number): Check => ({
  name: `stop ${service}`,
  look: async (stack) => {
    const sinceMs = Date.now()
    await stack.compose('stop', service)
    const text = await everythingIsThere(stack, devices)
    const took = secondsSince(sinceMs)
    await stack.compose('start', service)
    await stack.healthy()
    return `without it, after ${took} s: ${text}`
  },
})

/** A service that runs to its end, in a container of its own: what it says, and its exit code. */
export const runs = (service: string, says: RegExp, exitCode = 0): Check => ({
  name: exitCode === 0 ? `run ${service}` : `run ${service} again`,
  look: async (stack) => {
    const { code, stdout, stderr } = await stack.tryCompose('run', '--rm', '-T', service)
    const said = says.exec(stdout + stderr)?.[0]
    if (code !== exitCode || said === undefined)
      throw new Error(`exit code ${code}\n${stdout.slice(-3_000)}${stderr.slice(-1_000)}`)
    return `exit code ${code}: ${said}`
  },
})

const secondsSince = (ms: number): string => ((Date.now() - ms) / 1_000).toFixed(1)

/** Facts change on every device, which reports them; then what was sent is held against what is committed. */
async function everythingIsThere(stack: ComposeStack, devices: number): Promise<string> {
  const client = await stack.client()
  await patiently(async () => {
    const { workers, busConnected } = (await client.call('GET', '/_muster/stats')) as Stats
    const online = workers.reduce((sum, worker) => sum + worker.online, 0)
    if (online < devices || !busConnected) throw new Error(`${online} of ${devices} devices are in reach`)
  })
  const everybody = { share: 1, salt: '' }
  const release = String(Date.now() % 1_000_000)
  await patiently(() =>
    client.call('POST', '/_muster/orders', { order: 'drift', selector: everybody, posture: {}, osVersion: release }),
  )
  await patiently(() => client.call('POST', '/_muster/orders', { order: 'sync', selector: everybody }))
  await patiently(async () => {
    const path = `/v1.0/deviceManagement/managedDevices?$count=true&$top=1&$filter=${encodeURIComponent(`osVersion eq '${release}'`)}`
    const { '@odata.count': reported } = (await client.call('GET', path)) as { '@odata.count': number }
    if (reported !== devices) throw new Error(`${reported} of ${devices} devices have reported what changed`)
  })
  const history = await historyVerdict({
    stage: { client, clock: systemClock(), lookAgainMs: () => 500, patienceMs: () => PATIENCE_MS },
    counts: { brokerKills: 0, devices },
    signal: new AbortController().signal,
  })
  if (!history.ok) throw new Error(`reports were lost or applied twice: ${JSON.stringify(history).slice(0, 500)}`)
  return `${devices} devices have reported what changed, ${history.lost} reports lost, ${history.appliedTwice} applied twice`
}
