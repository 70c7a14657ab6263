import type { NativeCommand, OmaDmResult, PolicyItem } from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import type { Attempt, CommandOutcome, DeviceView, ItemOutcome, Platform } from '../../domain/platform.ts'
import { storageDrift } from '../storage-drift.ts'
import { newestRevision, versionText } from './catalogue.ts'
import { describe } from './describe.ts'
import { type Executed, execute } from './execute.ts'
import { status } from './status.ts'
import { find } from './tree.ts'

const resultOf = (itemId: string, { status: code, data }: Pick<Executed, 'status' | 'data'>): OmaDmResult => ({
  itemId,
  protocol: 'omadm',
  status: code,
  ...(data === undefined ? {} : { data }),
})

function apply(item: PolicyItem, device: DeviceView, attempt: Attempt): ItemOutcome {
  if (item.protocol !== 'omadm') return { result: resultOf(item.itemId, { status: status.notAllowed }) }
  const done = execute(item, device, attempt)
  // A policy is applied again and again: what can be done only once is no part of one.
  if (done.effect || done.deviceName !== undefined)
    return { result: resultOf(item.itemId, { status: status.notAllowed }) }
  const { settings, posture, waitsFor } = done
  return {
    result: resultOf(item.itemId, done),
    ...(settings ? { settings } : {}),
    ...(posture ? { posture } : {}),
    ...(waitsFor ? { waitsFor } : {}),
  }
}

function evaluate(item: PolicyItem, device: DeviceView): OmaDmResult {
  if (item.protocol !== 'omadm' || item.verb !== 'Get') return resultOf(item.itemId, { status: status.notAllowed })
  return resultOf(item.itemId, execute(item, device))
}

function perform(command: NativeCommand, device: DeviceView, attempt: Attempt): CommandOutcome {
  if (command.protocol !== 'omadm') return { result: resultOf('command', { status: status.notAllowed }) }
  const { status: code, data, waitsFor: _, ...changes } = execute(command, device, attempt)
  return { result: resultOf('command', { status: code, ...(data === undefined ? {} : { data }) }), ...changes }
}

/** The service deletes what it had set, but for what the node's CSP keeps. */
function remove(item: PolicyItem, device: DeviceView): Pick<ItemOutcome, 'settings'> {
  if (item.protocol !== 'omadm' || (item.verb !== 'Add' && item.verb !== 'Replace')) return {}
  const found = find(item.locUri)
  if (!found || found.node?.tattooed || device.settings[found.address] === undefined) return {}
  return { settings: { [found.address]: null } }
}

/** Windows, by OMA-DM. */
export const windows: Platform = {
  name: 'windows',
  cadence: {
    afterEnrolment: [
      { everyMs: 3 * MINUTE_MS, forMs: 15 * MINUTE_MS },
      { everyMs: 15 * MINUTE_MS, forMs: 2 * HOUR_MS },
    ],
    steadyMs: 8 * HOUR_MS,
  },
  drifts: [
    { fact: 'antivirusCurrent', to: false, perDay: 0.02, heals: true },
    { fact: 'firewallOn', to: false, perDay: 0.003, heals: true },
    { fact: 'antivirusOn', to: false, perDay: 0.002, heals: true },
    { fact: 'encrypted', to: false, perDay: 0.001, heals: true },
    { fact: 'passcodeSet', to: false, perDay: 0.0005, heals: false },
    { fact: 'secureBoot', to: false, perDay: 0.0002, heals: false },
    storageDrift(0.02),
  ],
  describe,
  apply,
  evaluate,
  perform,
  remove,
  updater: {
    perDay: 1 / 30,
    next: (os) => {
      const [, , build = 0, revision = 0] = os.version.split('.').map(Number)
      const newest = newestRevision(build)
      return newest !== undefined && revision < newest ? { ...os, version: versionText(build, newest) } : undefined
    },
  },
}
