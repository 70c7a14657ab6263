import { compareVersions } from '@muster/shared/core'
import type { Attempt, DeviceView, ItemOutcome } from '../../domain/platform.ts'
import type { Dictionary, Json } from './payload.ts'
import { type AppleSystem, modelNamed, type Release, runs } from './system.ts'

/** How the enforcement of one version stands; `refusal` where the declaration cannot be applied at all. */
interface Enforcement {
  readonly refusal?: string
  readonly status: Readonly<Record<string, Json>>
  readonly outcome?: Pick<ItemOutcome, 'os' | 'waitsFor'>
}

const nonePending = { 'os-version': '', 'build-version': '' }
const settled = { 'softwareupdate.install-state': 'none', 'softwareupdate.pending-version': nonePending }

/**
 * `softwareupdate.enforcement.specific`: the device prepares the version and installs it with a restart. A version older than
 * the installed one cannot be applied; one that is not published for the hardware fails to install.
 */
export function enforce(
  payload: Dictionary,
  device: DeviceView,
  system: AppleSystem,
  after: Attempt['after'],
): Enforcement {
  const { os, hardware } = device.inventory
  const wanted = String(payload['TargetOSVersion'])
  const order = compareVersions(wanted, os.version)
  if (order < 0)
    return { refusal: `The target version ${wanted} is older than the installed version ${os.version}.`, status: {} }
  if (order === 0) return { status: settled }
  const release = system.releases.find((candidate) => compareVersions(candidate.version, wanted) === 0)
  if (!release || !runs(modelNamed(system, hardware.model), release)) return { status: failed(wanted) }
  if (after === 'restart')
    return { status: settled, outcome: { os: { ...os, version: release.version, build: release.build } } }
  return { status: prepared(release), outcome: { waitsFor: 'restart' } }
}

const failed = (version: string): Record<string, Json> => ({
  'softwareupdate.install-state': 'failed',
  'softwareupdate.failure-reason': { count: 1, reason: `No update to ${version} is available for this device.` },
})

const prepared = ({ version, build }: Release): Record<string, Json> => ({
  'softwareupdate.install-state': 'prepared',
  'softwareupdate.pending-version': { 'os-version': version, 'build-version': build },
})
