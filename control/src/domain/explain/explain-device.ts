import type { Because, Explanation, TraceEntry } from '@muster/shared/contracts'
import type { ComplianceState, Device, RemoteAction } from '../model.ts'
import { isDeparture } from '../remote-actions.ts'
import { complianceCauses } from './compliance-causes.ts'
import type { DeviceFacts } from './device-facts.ts'
import { policyCauses } from './policy-causes.ts'
import { actionCauses, standing } from './standing.ts'
import { timelineOf } from './timeline.ts'
import { unenrolled } from './unenrolled.ts'
import { at, known, notRecorded } from './wording.ts'

export interface ExplainedDevice extends Explanation {
  /** What happened, oldest first. */
  readonly timeline: TraceEntry[]
}

/**
 * Why a device is in the state that it is in, from what was recorded and nothing else: causes are linked by correlation ids
 * and by the device's own notes; where neither has the cause, that is said. Pure.
 */
export function explainDevice(facts: DeviceFacts): ExplainedDevice {
  const { device } = facts
  const timeline = timelineOf(facts)
  if (!device) return { ...unenrolled(facts), timeline }
  if (device.lifecycle !== 'managed') return { ...departed(facts, device), timeline }
  const compliance = complianceCauses(facts, device)
  return {
    summary: [stateSentence(facts, device, compliance), ...standing(facts, device)],
    because: [...compliance, ...policyCauses(facts), ...actionCauses(facts)],
    timeline,
  }
}

const words: Readonly<Record<ComplianceState, string>> = {
  unknown: 'not judged yet',
  compliant: 'compliant',
  inGracePeriod: 'not compliant, in its grace period',
  noncompliant: 'noncompliant',
  error: 'in error',
  conflict: 'in conflict',
}

function stateSentence({ changes }: DeviceFacts, device: Device, [first, second]: readonly Because[]): string {
  const { complianceState: state, inventory, graceUntilMs } = device
  const last = changes.at(-1)
  const since = last?.to === state ? ` since ${at(last.atMs)}` : ''
  const until = state === 'inGracePeriod' && graceUntilMs !== undefined ? `, until ${at(graceUntilMs)}` : ''
  const settled = state === 'compliant' || state === 'unknown' || !first
  const chain = second && second.level > 0 ? ` (${second.text})` : ''
  return `${inventory.deviceName} is ${words[state]}${since}${until}${settled ? '' : `, because ${first.text}${chain}`}.`
}

/** A device that has left: which action took it out, and whose. */
function departed({ actions }: DeviceFacts, { lifecycle, inventory }: Device): Explanation {
  const departure = actions.findLast(({ action }) => isDeparture(action))
  const when = departure?.finishedAtMs === undefined ? '' : ` since ${at(departure.finishedAtMs)}`
  return {
    summary: [`${inventory.deviceName} was ${lifecycle}: it is not managed any more${when}.`],
    because: departure ? departureCauses(departure) : [notRecorded(0)],
  }
}

function departureCauses(departure: RemoteAction): Because[] {
  const { action, requestedBy, requestedAtMs, deliveredAtMs, finishedAtMs, state } = departure
  return [
    known(0, `${action} was requested by ${requestedBy.displayName} at ${at(requestedAtMs)}`, requestedAtMs),
    deliveredAtMs === undefined
      ? known(1, 'the device has not fetched it')
      : known(1, `it was handed over at ${at(deliveredAtMs)}`, deliveredAtMs),
    ...(finishedAtMs === undefined ? [] : [known(1, `${state} at ${at(finishedAtMs)}`, finishedAtMs)]),
  ]
}
