import type { DeviceView } from '../../domain/platform.ts'
import { combinedRequirement, meets } from './passcode.ts'
import type { Dictionary, Json } from './payload.ts'
import { anyEnrolment, obstacle, type Support, supervised, wholeDevice } from './support.ts'
import { type AppleSystem, modelNamed, targetOf } from './system.ts'

/** A status item: which devices have it and what it says. Source: Apple, device-management schemas, declarative/status. */
interface StatusItem {
  readonly support: Support
  value(device: DeviceView, system: AppleSystem): Json | undefined
}

const everywhere: Support = {
  iOS: anyEnrolment('15.0'),
  macOS: { since: '13.0', enrolments: ['supervised', 'user'] },
  tvOS: wholeDevice('16.0'),
  visionOS: anyEnrolment('1.1'),
}
const identity: Support = {
  iOS: wholeDevice('16.0'),
  macOS: supervised('13.0'),
  tvOS: wholeDevice('16.0'),
  visionOS: wholeDevice('1.1'),
}
const passcode: Support = { iOS: anyEnrolment('16.0'), visionOS: anyEnrolment('1.1') }
const update: Support = { iOS: wholeDevice('17.0'), macOS: supervised('14.0') }

export const statusItems: Readonly<Record<string, StatusItem>> = {
  'device.identifier.serial-number': {
    support: identity,
    value: ({ inventory }) => inventory.hardware.serialNumber,
  },
  'device.identifier.udid': {
    support: identity,
    value: ({ inventory }) => inventory.hardware.udid,
  },
  'device.model.family': { support: everywhere, value: (_device, system) => system.family },
  'device.model.identifier': {
    support: everywhere,
    value: ({ inventory }, system) => modelNamed(system, inventory.hardware.model).identifier,
  },
  'device.model.marketing-name': {
    support: everywhere,
    value: ({ inventory }, system) => modelNamed(system, inventory.hardware.model).marketingName,
  },
  'device.operating-system.build-version': { support: everywhere, value: ({ inventory }) => inventory.os.build },
  'device.operating-system.family': { support: everywhere, value: (_device, system) => system.name },
  'device.operating-system.version': { support: everywhere, value: ({ inventory }) => inventory.os.version },
  'diskmanagement.filevault.enabled': {
    support: { macOS: supervised('14.0') },
    value: ({ inventory }) => inventory.posture.encrypted ?? false,
  },
  'passcode.is-compliant': {
    support: passcode,
    value: ({ inventory, settings }) => meets(inventory.posture, combinedRequirement(settings)),
  },
  'passcode.is-present': { support: passcode, value: ({ inventory }) => inventory.posture.passcodeSet ?? false },
  'softwareupdate.failure-reason': { support: update, value: () => ({ count: 0 }) },
  'softwareupdate.install-state': { support: update, value: () => 'none' },
  'softwareupdate.pending-version': { support: update, value: () => ({ 'os-version': '', 'build-version': '' }) },
}

/** What a device says to the status items asked for; those it does not have are left out, as in a status report. */
export function statusOf(names: readonly string[], device: DeviceView, system: AppleSystem): Record<string, Json> {
  const target = targetOf(system, device)
  const status: Record<string, Json> = {}
  for (const name of names) {
    const item = Object.hasOwn(statusItems, name) ? statusItems[name] : undefined
    const value = item && !obstacle(item.support, target) ? item.value(device, system) : undefined
    if (value !== undefined) status[name] = value
  }
  return status
}

/** Those status items of a set that a device has. */
export function reportable(values: Dictionary, device: DeviceView, system: AppleSystem): Record<string, Json> {
  const known = statusOf(Object.keys(values), device, system)
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in known))
}
