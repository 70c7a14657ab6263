import type { DeviceFault } from '@muster/shared/contracts'
import type { DeviceFault as FaultOnDevices } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import { selectorOf } from './steps.ts'

/** Let something go wrong with the devices that a fault is about; answers what ends it on the same devices. */
export async function beginOnDevices(context: RunContext, fault: FaultOnDevices): Promise<() => Promise<void>> {
  const devices = await order(context, fault, true)
  context.note('world', `${devices} devices: ${fault.kind}`)
  return () => endOnDevices(context, fault)
}

/** It is over; a device that had nothing of it stays as it is. */
export async function endOnDevices(context: RunContext, fault: FaultOnDevices): Promise<void> {
  await order(context, fault, false)
}

async function order(context: RunContext, fault: FaultOnDevices, active: boolean): Promise<number> {
  const selector = selectorOf(context, fault)
  const what = { order: 'fault', selector, fault: inItsOwnTerms(fault), active, spreadMs: fault.over }
  const { devices } = (await context.client.call('POST', '/_muster/orders', what)) as { devices: number }
  return devices
}

/** The fault as the fleet knows it. */
function inItsOwnTerms(fault: FaultOnDevices): DeviceFault {
  switch (fault.kind) {
    case 'device.crash':
      return { kind: 'crash' }
    case 'device.partial-apply':
      return { kind: 'partial-apply', items: fault.items }
    case 'device.not-now':
      return { kind: 'not-now' }
    case 'device.stale-report':
      return { kind: 'stale-report' }
    case 'device.duplicate-identity':
      return { kind: 'duplicate-identity', identity: fault.identity }
    case 'device.clock-skew':
      return { kind: 'clock-skew', byMs: fault.by }
    case 'device.tamper':
      return { kind: 'tamper' }
    case 'device.disk-full':
      return { kind: 'disk-full' }
    case 'device.flapping-link':
      return { kind: 'flapping-link', upMs: fault.up, downMs: fault.down }
    case 'link': {
      const { latency, loss, duplicate } = fault
      return {
        kind: 'link',
        ...(latency ? { latency: { minMs: latency.min, maxMs: latency.max } } : {}),
        loss,
        duplicate,
      }
    }
  }
}
