import type { PolicyLatencies, Population, Stats } from '@muster/shared/contracts'
import { systemClock } from '@muster/shared/runtime'
import { createMany } from '../src/client/graph.ts'
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts'
import { sentHistory } from '../src/runner/context.ts'
import { historyVerdict } from '../src/runner/history.ts'
import { type Stack, startStack } from '../src/stack/stack.ts'

/** What a fleet of one size came to. Rates are a second of wall time, latencies wall milliseconds (speed 1). */
export interface FleetFigures {
  readonly devices: number
  readonly enrolledPerSecond: number
  readonly policy: PolicyLatencies
  /** From the first report of the policy to the last. */
  readonly policyPerSecond: number
  readonly checkIn: Stats['checkInMs']
  readonly reportAck: Stats['reportAckMs']
  readonly workerRssBytes: number
  readonly controlRssBytes: number
  readonly sent: number
  readonly lost: number
}

const POLL_MS = 200
const LIMIT_MS = 300_000

/** Enrol so many Windows devices at once, publish one policy to all of them, and wait until every answer is committed. */
export async function measureFleet(
  devices: number,
  dataDir: string,
  onStack: (stack: Stack) => Promise<void>,
  say: (text: string) => void,
): Promise<FleetFigures> {
  const stack = await startStack({
    dataDir,
    tenant: 'bench',
    workers: 1,
    capacity: devices,
    clock: { originWallMs: Date.now(), originMs: Date.now(), speed: 1 },
    port: 0,
    keepFleets: false,
    logLevel: 'warn',
    env: process.env,
    onEvent: (what, text) => say(`${what}: ${text}`),
  })
  const client = createHttpClient(stack.connection)
  try {
    await onStack(stack)
    const enrolSeconds = await enrol(client, devices)
    say(`${devices} devices enrolled in ${enrolSeconds.toFixed(1)} s`)
    await quiet(client)
    const idle = await stats(client)
    const { policyId, seconds } = await publish(client, devices)
    const policy = (await client.call('GET', `/_muster/policies/${policyId}/latencies`)) as PolicyLatencies
    say(`policy on ${policy.committedMs.count} devices in ${seconds.toFixed(1)} s`)
    const history = await historyVerdict({
      stage: { client, clock: systemClock(), lookAgainMs: () => 300, patienceMs: () => 20_000 },
      counts: { brokerKills: 0, devices: (await sentHistory(client)).length },
      signal: new AbortController().signal,
    })
    const end = await stats(client)
    return {
      devices,
      enrolledPerSecond: devices / enrolSeconds,
      policy,
      policyPerSecond: devices / seconds,
      checkIn: end.checkInMs,
      reportAck: end.reportAckMs,
      workerRssBytes: idle.workers.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
      controlRssBytes: idle.rssBytes,
      sent: history.sent,
      lost: history.lost,
    }
  } finally {
    client.close()
    await stack.stop()
  }
}

const stats = async (client: HttpClient): Promise<Stats> => (await client.call('GET', '/_muster/stats')) as Stats

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} took longer than ${LIMIT_MS / 1_000} s`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function enrol(client: HttpClient, devices: number): Promise<number> {
  await createMany(client, '/users', [
    { userPrincipalName: 'user00001@bench.example', displayName: 'User 1', accountEnabled: true },
  ])
  const population: Population = {
    seed: 'bench',
    users: { count: 1, domain: 'bench.example' },
    enrolOverMs: 0,
    enrolRampMs: 0,
    groups: [{ name: 'laptops', platform: 'windows', mode: 'bulk', count: devices, first: 1, temperament: still }],
  }
  const from = performance.now()
  await client.call('POST', '/_muster/population', population)
  await until('enrolment', async () => (await stats(client)).devices.managed >= devices)
  return (performance.now() - from) / 1_000
}

const still: Population['groups'][number]['temperament'] = {
  checkInJitter: 0.1,
  applyFailure: 0,
  driftFactor: 0,
  selfHeal: 0,
  selfHealAfterMs: 0,
  restartAfterMs: 60_000,
  userActsAfterMs: 60_000,
}

/** Nothing is under way: two looks, a while apart, see the same numbers. */
async function quiet(client: HttpClient): Promise<void> {
  let before = ''
  await until('quiet', async () => {
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const { reports, checkIns } = await stats(client)
    const now = JSON.stringify([reports, checkIns])
    const same = now === before
    before = now
    return same
  })
}

async function publish(client: HttpClient, devices: number): Promise<{ policyId: string; seconds: number }> {
  const base = '/v1.0/deviceManagement/deviceCompliancePolicies'
  const { id } = (await client.call('POST', base, {
    '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
    displayName: 'bench',
    activeFirewallRequired: true,
    secureBootEnabled: true,
    scheduledActionsForRule: [
      {
        ruleName: 'PasswordRequired',
        scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }],
      },
    ],
  })) as { id: string }
  const from = performance.now()
  await client.call('POST', `${base}/${id}/assign`, {
    assignments: [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }],
  })
  await until('the policy', async () => {
    const { policies } = await stats(client)
    return (policies.find(({ policyId }) => policyId === id)?.reported ?? 0) >= devices
  })
  return { policyId: id, seconds: (performance.now() - from) / 1_000 }
}
