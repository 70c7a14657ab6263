import { deviceKey, type FleetOrder } from '@muster/shared/contracts'
import { exactShare } from '@muster/shared/core'
import { formatDuration, populationOf, type ScenarioStep } from '@muster/shared/scenario'
import { listAll } from '../client/graph.ts'
import { type RunContext, sleep } from './context.ts'
import { openSpan } from './fault-span.ts'
import { devicesOf } from './members.ts'
import { rollOut } from './rollout.ts'
import { assignPolicy, updatePolicy } from './tenant.ts'

type Of<Name extends string> = Extract<ScenarioStep, { readonly [Key in Name]: unknown }>

/** Device ids that one bulk action may name. */
const BULK_MAX = 100

/** Carry out one step of a phase. */
export async function carryOut(context: RunContext, step: ScenarioStep): Promise<void> {
  if ('wait' in step) await sleep(context, step.wait)
  else if ('assign' in step) await assign(context, step)
  else if ('update' in step) await update(context, step)
  else if ('rollout' in step) await rollOut(context, step.rollout)
  else if ('drift' in step) await drift(context, step)
  else if ('offline' in step) await offline(context, step)
  else if ('online' in step)
    await order(
      context,
      { order: 'presence', selector: selectorOf(context, step.online), online: true, spreadMs: step.online.over },
      'back online',
    )
  else if ('sync' in step)
    await order(
      context,
      { order: 'sync', selector: selectorOf(context, step.sync), spreadMs: step.sync.over },
      'asked to sync',
    )
  else if ('action' in step) await act(context, step)
  else if ('retireListed' in step) await retireListed(context)
  else if ('killBroker' in step) await killBroker(context, step.killBroker.down)
  else await killControl(context)
}

export function policyOf({ scenario }: RunContext, id: string): RunContext['scenario']['policies'][number] {
  const policy = scenario.policies.find((candidate) => candidate.id === id)
  if (!policy) throw new Error(`there is no policy ${id}`)
  return policy
}

async function assign(context: RunContext, { assign: { policy, to, exclude } }: Of<'assign'>): Promise<void> {
  await assignPolicy(context, policyOf(context, policy), to, exclude)
  context.note('policy', `${policy} assigned to ${to.join(', ')}`)
}

async function update(context: RunContext, { update: { policy, settings } }: Of<'update'>): Promise<void> {
  await updatePolicy(context, policyOf(context, policy), settings)
  context.note('policy', `${policy} changed: ${Object.keys(settings).join(', ')}`)
}

interface Where {
  readonly in?: string | undefined
  readonly share: number
  readonly salt: string
}

/** A share of a part of the population is exact, and the same devices as an action with the same salt would take first. */
export function selectorOf(
  { scenario }: Pick<RunContext, 'scenario'>,
  where: Where,
): Extract<FleetOrder, { order: 'sync' }>['selector'] {
  const isPart = scenario.population.mix.some(({ name }) => name === where.in)
  const platform = scenario.population.mix.find((mix) => mix.platform === where.in)?.platform
  const keys = populationOf(scenario)
    .groups.filter(
      (group) => where.in === undefined || group.name === where.in || (!isPart && group.platform === platform),
    )
    .flatMap(({ name, first, count }) => Array.from({ length: count }, (_, index) => deviceKey(name, first + index)))
  return {
    share: exactShare(keys, Math.round(keys.length * where.share), scenario.seed, where.salt),
    salt: where.salt,
    ...(isPart && where.in !== undefined ? { group: where.in } : {}),
    ...(!isPart && platform !== undefined ? { platform } : {}),
  }
}

type WorldOrder = Extract<FleetOrder, { order: 'presence' | 'drift' | 'sync' }>

async function order(context: RunContext, what: WorldOrder, text: string): Promise<void> {
  const { devices } = (await context.client.call('POST', '/_muster/orders', what)) as { devices: number }
  context.note('world', `${devices} devices ${text}`)
}

async function drift(context: RunContext, { drift: wanted }: Of<'drift'>): Promise<void> {
  const { posture, osVersion, over, selfHeal, healAfter } = wanted
  const facts = [
    ...Object.entries(posture).map(([fact, value]) => `${fact} = ${String(value)}`),
    ...(osVersion === undefined ? [] : [`osVersion = ${osVersion}`]),
  ]
  const selector = selectorOf(context, wanted)
  await order(
    context,
    {
      order: 'drift',
      selector,
      posture,
      spreadMs: over,
      heals: selfHeal,
      healAfterMs: healAfter,
      ...(osVersion === undefined ? {} : { osVersion }),
    },
    `drift: ${facts.join(', ')}`,
  )
}

async function offline(context: RunContext, { offline: wanted }: Of<'offline'>): Promise<void> {
  const selector = selectorOf(context, wanted)
  const fromMs = context.nowMs()
  const whom = wanted.in ?? 'all'
  const span =
    wanted.for === undefined
      ? undefined
      : openSpan(context, {
          ...{ name: `offline ${whom}`, kind: 'offline', fromMs },
          text: `${whom} offline for ${formatDuration(wanted.for)}`,
        })
  await order(context, { order: 'presence', selector, online: false, spreadMs: wanted.over }, 'offline')
  if (wanted.for === undefined) return
  await sleep(context, wanted.for)
  await order(context, { order: 'presence', selector, online: true, spreadMs: wanted.over }, 'back online')
  span?.over()
}

async function act(context: RunContext, { action }: Of<'action'>): Promise<void> {
  const devices = await devicesOf(context, action.in, action.salt)
  const chosen = devices.slice(0, action.count ?? Math.round(devices.length * action.share))
  const ids = chosen.flatMap(({ deviceId }) => (deviceId === undefined ? [] : [deviceId]))
  await request(context, action.name, ids, action.parameters)
  context.note('action', `${action.name} for ${ids.length} devices`)
}

async function request(
  { client }: RunContext,
  action: string,
  ids: readonly string[],
  parameters: Readonly<Record<string, unknown>>,
): Promise<void> {
  const base = '/v1.0/deviceManagement/managedDevices'
  if (action === 'delete') {
    for (const id of ids) await client.call('DELETE', `${base}/${id}`)
  } else if (Object.keys(parameters).length > 0) {
    for (const id of ids) await client.call('POST', `${base}/${id}/${action}`, parameters)
  } else {
    for (let from = 0; from < ids.length; from += BULK_MAX) {
      await client.call('POST', `${base}/executeAction`, {
        actionName: action,
        deviceIds: ids.slice(from, from + BULK_MAX),
      })
    }
  }
}

/** Devices that actions for noncompliance have put on the retire list. */
export const retireList = async ({ client }: Pick<RunContext, 'client'>): Promise<readonly string[]> =>
  (await listAll(client, '/beta/deviceManagement/deviceCompliancePolicies/getDevicesScheduledToRetire?$top=1000')).map(
    ({ managedDeviceId }) => String(managedDeviceId),
  )

async function retireListed(context: RunContext): Promise<void> {
  const ids = await retireList(context)
  await request(context, 'retire', ids, {})
  context.note('action', `retire confirmed for ${ids.length} listed devices`)
}

async function killBroker(context: RunContext, downMs: number): Promise<void> {
  const fromMs = context.nowMs()
  context.note('fault', 'nats-server killed with SIGKILL')
  context.counts.brokerKills++
  const span = openSpan(context, {
    ...{ name: `broker ${context.counts.brokerKills}`, kind: 'broker', fromMs },
    text: `nats-server killed, down for ${formatDuration(downMs)} of wall time`,
  })
  await context.stage.breaker.killBroker(downMs * context.scenario.clock.speed)
  span.over()
}

async function killControl(context: RunContext): Promise<void> {
  const fromMs = context.nowMs()
  context.note('fault', 'control service killed with SIGKILL')
  const text = 'control service killed and started again'
  const span = openSpan(context, { name: 'control', kind: 'control', fromMs, text })
  await context.stage.breaker.killControl()
  span.over()
}
