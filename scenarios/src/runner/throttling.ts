import type { ThrottlingFault } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import { limitsText } from './fault-text.ts'

/** Faults under way that limit how often Graph may be asked, by run. The one that began last counts. */
const underWay = new WeakMap<RunContext, Set<ThrottlingFault>>()

/** What is made before the phases is made without limits: it is not what is looked at. */
export async function withoutLimits(context: RunContext, work: () => Promise<void>): Promise<void> {
  const { throttling } = context.scenario.graph
  if (throttling === undefined) return work()
  await order(context, null)
  await work()
  await order(context, throttling)
  context.note('world', limitsText(throttling))
}

/** Let Graph have limits, or others; answers what ends it. */
export async function beginThrottling(context: RunContext, fault: ThrottlingFault): Promise<() => Promise<void>> {
  const all = underWay.get(context) ?? new Set()
  underWay.set(context, all.add(fault))
  await order(context, fault.scale)
  return async () => {
    all.delete(fault)
    await order(context, [...all].at(-1)?.scale ?? context.scenario.graph.throttling ?? null)
  }
}

const order = (context: RunContext, scale: number | null): Promise<unknown> =>
  context.client.call('PUT', '/_muster/throttling', { scale })
