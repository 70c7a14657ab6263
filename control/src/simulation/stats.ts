import type { Stats } from '@muster/shared/contracts'
import type { Control } from '../control.ts'
import { quantilesOf } from '../meters.ts'

/** The state of the world as the service knows it. */
export async function statsOf({ deps, meters, workers }: Control): Promise<Stats> {
  const { store, clock, buses } = deps
  const [devices, certificates, actions, policies, committed, apps, notifications] = await Promise.all([
    store.devices.tally(),
    store.certificates.tally(),
    store.actions.tally(),
    policyStats(deps.store),
    store.reports.count(),
    store.apps.count(),
    store.notifications.count(),
  ])
  return {
    atMs: clock.nowMs(),
    wallMs: deps.wall.nowMs(),
    ...deviceStats(devices),
    policies,
    certificates: {
      active: 0,
      superseded: 0,
      revoked: 0,
      expired: 0,
      ...Object.fromEntries(certificates.map((row) => [row.state, row.certificates])),
    },
    actions: Object.fromEntries(actions.map((row) => [row.state, row.actions])),
    enrolments: { enrolled: meters.enrolments.enrolled, refused: { ...meters.enrolments.refused } },
    checkIns: { ...meters.checkIns },
    reports: { committed, ...meters.reports },
    refusals: { ...meters.refusals },
    appRegistrations: apps,
    notifications,
    reportAckMs: quantilesOf(meters.reportAck),
    checkInMs: quantilesOf(meters.checkIn),
    busConnected: buses.requests.connected && buses.reports.connected,
    workers: workers.list().map(({ hello, alive }) => ({
      agentId: hello.agentId,
      alive,
      online: hello.online,
      devices: { ...hello.devices },
      lagP99Ms: hello.lagMs.p99,
      rssBytes: hello.rssBytes,
    })),
    rssBytes: process.memoryUsage.rss(),
  }
}

type Tally = Awaited<ReturnType<Control['deps']['store']['devices']['tally']>>

function deviceStats(tally: Tally): Pick<Stats, 'devices' | 'compliance'> {
  const devices = { managed: 0, retired: 0, wiped: 0, deleted: 0 }
  const compliance: Stats['compliance'] = {}
  for (const { platform, lifecycle, complianceState, devices: count } of tally) {
    devices[lifecycle] += count
    if (lifecycle !== 'managed') continue
    const states = compliance[platform] ?? {}
    states[complianceState] = (states[complianceState] ?? 0) + count
    compliance[platform] = states
  }
  return { devices, compliance }
}

async function policyStats(store: Control['deps']['store']): Promise<Stats['policies']> {
  const policies = await store.policies.list()
  return Promise.all(
    policies.map(async ({ id, name, kind, revision }) => {
      const states: Record<string, number> = {}
      let targeted = 0
      for (const row of await store.devicePolicies.tally(id)) {
        states[row.state] = (states[row.state] ?? 0) + row.devices
        targeted += row.devices
      }
      return { policyId: id, name, kind, revision, states, targeted, reported: targeted - (states['pending'] ?? 0) }
    }),
  )
}
