import type { CertificatePage, HistoryEntry } from '@muster/shared/contracts'
import {
  type ConditionContext,
  conditionContext,
  type ExpressionUse,
  type FleetCertificate,
  type FleetDevice,
  managedCount,
  type RingView,
  type RolloutView,
} from '@muster/shared/scenario'
import { listAll } from '../client/graph.ts'
import { partOf, type RunContext, sentHistory } from './context.ts'
import { countRing } from './rollout.ts'
import { policyOf, retireList } from './steps.ts'
import { policyPath } from './tenant.ts'

type Entity = Readonly<Record<string, unknown>>

/** The state of the world as conditions see it, asked for now; lists only where an expression uses them. */
export async function worldNow(context: RunContext, use: ExpressionUse): Promise<ConditionContext> {
  const { scenario, policyIds, counts } = context
  const stats = await context.observer.refresh()
  const listed = use.retireListed ? await retireList(context) : []
  const counted = conditionContext(stats, {
    total: scenario.population.size,
    managedTotal: managedCount(scenario),
    policyIds,
    retireListed: listed.length,
    brokerKills: counts.brokerKills,
  })
  return {
    ...counted,
    nowMs: context.nowMs(),
    rollouts: await rolloutViews(context, use.rings),
    ...(use.fleet ? { fleet: await fleetOf(context, use.policyStates) } : {}),
    ...(use.certs ? { certs: await certificatesOf(context) } : {}),
  }
}

const SELECTED =
  'id,deviceName,operatingSystem,osVersion,model,userPrincipalName,managedDeviceOwnerType,complianceState,enrolledDateTime,lastSyncDateTime'

/** All managed devices: what Graph says of them, and what their workers say. */
async function fleetOf(context: RunContext, policies: ExpressionUse['policyStates']): Promise<readonly FleetDevice[]> {
  const { client, scenario } = context
  const devices = await listAll(client, `/v1.0/deviceManagement/managedDevices?$top=1000&$select=${SELECTED}`)
  const own = new Map((await sentHistory(client)).map((entry) => [entry.deviceId ?? '', entry]))
  const states = new Map<string, ReadonlyMap<string, string>>()
  for (const { id } of scenario.policies)
    if (policies === 'all' || policies.includes(id)) states.set(id, await statesOf(context, id))
  const platforms = new Map(scenario.population.mix.map(({ name, platform }) => [name, platform]))
  return devices.map((device) => deviceOf(device, own.get(String(device['id'])), platforms, states))
}

function deviceOf(
  device: Entity,
  entry: HistoryEntry | undefined,
  platforms: ReadonlyMap<string, string>,
  states: ReadonlyMap<string, ReadonlyMap<string, string>>,
): FleetDevice {
  const text = (name: string): string => String(device[name] ?? '')
  const id = text('id')
  const part = partOf(entry?.deviceKey ?? '')
  return {
    id,
    name: text('deviceName'),
    platform: platforms.get(part) ?? '',
    part,
    os: text('operatingSystem'),
    osVersion: text('osVersion'),
    model: text('model'),
    user: text('userPrincipalName'),
    ownership: text('managedDeviceOwnerType'),
    compliance: text('complianceState'),
    online: entry?.online ?? false,
    enrolledAt: new Date(text('enrolledDateTime')),
    lastSyncAt: new Date(text('lastSyncDateTime')),
    policies: new Map([...states].map(([policy, byDevice]) => [policy, byDevice.get(id) ?? 'none'])),
  }
}

/** Device → state of a policy. */
async function statesOf(context: RunContext, policyId: string): Promise<ReadonlyMap<string, string>> {
  const path = `${policyPath(context, policyOf(context, policyId))}/deviceStatuses?$top=1000&$select=deviceId,status`
  const statuses = await listAll(context.client, path)
  return new Map(statuses.map(({ deviceId, status }) => [String(deviceId), String(status)]))
}

async function certificatesOf({ client }: RunContext): Promise<readonly FleetCertificate[]> {
  const all: FleetCertificate[] = []
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = (await client.call('GET', `/_muster/certificates?after=${after}`)) as CertificatePage
    for (const { serialNumber, deviceName, issuedAtMs, notBeforeMs, notAfterMs, ...rest } of page.entries)
      all.push({
        ...rest,
        serial: serialNumber,
        device: deviceName,
        issuedAt: new Date(issuedAtMs),
        notBefore: new Date(notBeforeMs),
        notAfter: new Date(notAfterMs),
      })
    after = page.next
  }
  return all
}

async function rolloutViews(
  context: RunContext,
  counted: readonly string[],
): Promise<ReadonlyMap<string, RolloutView>> {
  const views = new Map<string, RolloutView>()
  for (const [policy, { state, rings }] of context.rollouts) {
    const shown = new Map<string, RingView>()
    for (const [name, ring] of rings) {
      const shares = counted.includes(policy)
        ? await countRing(context, policy, ring.members)
        : { targeted: ring.members.size, reported: 0, succeeded: 0, errors: 0 }
      shown.set(name, { state: ring.state, ...shares })
    }
    views.set(policy, { state, rings: shown })
  }
  return views
}
