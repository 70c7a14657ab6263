import type { DeviceTrace, Stats } from '@muster/shared/contracts'
import { DAY_MS } from '@muster/shared/core'
import type { DeviceResult, PolicyResult, RunResult } from '@muster/shared/scenario'
import { listAll } from '../client/graph.ts'
import type { MusterClient } from '../client/muster-client.ts'
import { type RunContext, sentHistory } from './context.ts'
import { latencies } from './measurements.ts'
import { policyPath } from './tenant.ts'

/** Devices in the report, the worst first; and of how many the whole story is told. */
const DEVICES_MAX = 300
const TRACES_MAX = 24
/** Of those that are not managed, so many of each kind. */
const ABSENT_MAX = 6

/** How each policy fared, setting by setting. */
export async function collectPolicies(context: RunContext, final: Stats): Promise<readonly PolicyResult[]> {
  const results: PolicyResult[] = []
  for (const policy of context.scenario.policies) {
    const id = context.policyIds.get(policy.id)
    const counts = final.policies.find(({ policyId }) => policyId === id)
    if (id === undefined || !counts) continue
    const { appliedMs, committedMs } = await latencies(context.client, id)
    results.push({
      id: policy.id,
      name: policy.name ?? policy.id,
      kind: policy.type,
      platform: policy.platform,
      revision: counts.revision,
      states: counts.states,
      appliedMs,
      committedMs,
      settings: await settingStates(context, policy.id),
    })
  }
  return results
}

async function settingStates(context: RunContext, id: string): Promise<PolicyResult['settings']> {
  const policy = context.scenario.policies.find((candidate) => candidate.id === id)
  if (!policy) return []
  const statuses = await listAll(
    context.client,
    `${policyPath(context, policy)}/deviceStatuses?$top=1000&$select=settings`,
  )
  const bySetting = new Map<string, Record<string, number>>()
  for (const { settings } of statuses as readonly { settings?: readonly { setting: string; state: string }[] }[]) {
    for (const { setting, state } of settings ?? []) {
      const states = bySetting.get(setting) ?? {}
      states[state] = (states[state] ?? 0) + 1
      bySetting.set(setting, states)
    }
  }
  const bad = (states: Record<string, number>): number =>
    (states['error'] ?? 0) + (states['nonCompliant'] ?? 0) + (states['conflict'] ?? 0)
  return [...bySetting].map(([setting, states]) => ({ setting, states })).sort((a, b) => bad(b.states) - bad(a.states))
}

const rank: Readonly<Record<string, number>> = {
  error: 0,
  conflict: 1,
  noncompliant: 2,
  inGracePeriod: 3,
  unknown: 4,
  compliant: 5,
}

/** When certificates end, day by day. */
export async function collectCertificateEnds({
  client,
}: RunContext): Promise<NonNullable<RunResult['certificateEnds']>> {
  const devices = await listAll(
    client,
    '/v1.0/deviceManagement/managedDevices?$top=1000&$select=managementCertificateExpirationDate',
  )
  const days = new Map<number, number>()
  for (const { managementCertificateExpirationDate: end } of devices) {
    const dayMs = Math.floor(Date.parse(String(end)) / DAY_MS) * DAY_MS
    if (Number.isFinite(dayMs)) days.set(dayMs, (days.get(dayMs) ?? 0) + 1)
  }
  return [...days].map(([dayMs, count]) => ({ dayMs, devices: count })).sort((a, b) => a.dayMs - b.dayMs)
}

/** The worst devices and a sample of the rest, some with their story; then some that have left or never came. */
export async function collectDevices(context: RunContext): Promise<readonly DeviceResult[]> {
  const { client } = context
  const select = 'id,deviceName,operatingSystem,model,osVersion,userPrincipalName,complianceState,lastSyncDateTime'
  const notCompliant = await listAll(
    client,
    `/v1.0/deviceManagement/managedDevices?$filter=${encodeURIComponent("complianceState ne 'compliant'")}&$top=${DEVICES_MAX}&$select=${select}`,
  )
  const rest = (await client.call(
    'GET',
    `/v1.0/deviceManagement/managedDevices?$top=${DEVICES_MAX}&$select=${select}`,
  )) as { value: readonly Readonly<Record<string, unknown>>[] }
  const byId = new Map([...notCompliant, ...rest.value].map((device) => [String(device['id']), device]))
  const chosen = [...byId.values()]
    .sort((a, b) => (rank[String(a['complianceState'])] ?? 9) - (rank[String(b['complianceState'])] ?? 9))
    .slice(0, DEVICES_MAX)
  const managed = await Promise.all(
    chosen.map(async (device, index) =>
      resultOf(device, index < TRACES_MAX ? await storyOf(client, String(device['id'])) : { trace: [] }),
    ),
  )
  return [...managed, ...(await absentDevices(client))]
}

/** Devices that are not managed any more, and devices that have not come to be. */
async function absentDevices(client: MusterClient): Promise<readonly DeviceResult[]> {
  const entries = (await sentHistory(client)).toSorted((a, b) => (a.deviceKey < b.deviceKey ? -1 : 1))
  const isGone = (phase: string): boolean => phase === 'left' || phase === 'leaving'
  const left = entries.filter(({ phase, deviceId }) => isGone(phase) && deviceId !== undefined).slice(0, ABSENT_MAX)
  const never = entries.filter(({ phase, deviceId }) => deviceId === undefined && phase !== 'app-only')
  const shown = [...left, ...never.slice(0, ABSENT_MAX)]
  return Promise.all(
    shown.map(async ({ deviceKey, deviceId, phase }) => {
      const device = { id: deviceId ?? deviceKey, deviceName: deviceKey, complianceState: phase }
      return resultOf(device, await storyOf(client, deviceId ?? deviceKey))
    }),
  )
}

type Story = Pick<DeviceResult, 'trace' | 'explanation'>

function resultOf(device: Readonly<Record<string, unknown>>, story: Story): DeviceResult {
  const text = (name: string): string => String(device[name] ?? '')
  return {
    id: text('id'),
    name: text('deviceName'),
    platform: text('operatingSystem'),
    model: text('model'),
    osVersion: text('osVersion'),
    user: text('userPrincipalName'),
    complianceState: text('complianceState'),
    lastSyncMs: Date.parse(text('lastSyncDateTime')),
    ...story,
  }
}

async function storyOf(client: MusterClient, name: string): Promise<Story> {
  const { entries, explanation } = (await client.call('GET', `/_muster/devices/${name}/trace`)) as DeviceTrace
  return { explanation, trace: entries.map(({ atMs, what, text }) => ({ atMs, what, text })) }
}
