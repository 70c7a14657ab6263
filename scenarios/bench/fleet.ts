import type { PolicyLatencies, Stats } from '@muster/shared/contracts'
import { systemClock } from '@muster/shared/runtime'
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts'
import { sentHistory } from '../src/runner/context.ts'
import { historyVerdict } from '../src/runner/history.ts'
import { type Stack, startStack } from '../src/stack/stack.ts'
import { enrol, publish, stats, until } from './fleet-work.ts'

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
