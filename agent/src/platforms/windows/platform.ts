import type {
  Inventory,
  NativeCommand,
  OmaDmItem,
  OmaDmResult,
  PolicyItem,
  SettingValue,
} from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS, type Rng } from '@muster/shared/core'
import type { Attempt, CommandOutcome, DeviceView, ItemOutcome, Platform } from '../../domain/platform.ts'
import { modelFor } from '../model-for.ts'
import { editions, models, personalEditions, releases, versionText } from './catalogue.ts'
import { type CspNode, nodeByUri } from './nodes.ts'

const GB = 1_000_000_000

/** SyncML status codes (OMA-SyncML-RepPro §10). */
const OK = 200
const ACCEPTED = 202
const BAD_REQUEST = 400
const NOT_FOUND = 404
const NOT_ALLOWED = 405
const UNSUPPORTED_FORMAT = 415
const COMMAND_FAILED = 500

const result = (item: { readonly itemId: string }, status: number, data?: OmaDmResult['data']): OmaDmResult => ({
  itemId: item.itemId,
  protocol: 'omadm',
  status,
  ...(data === undefined ? {} : { data }),
})

const buildOf = ({ inventory }: DeviceView): number => Number(inventory.os.version.split('.')[2] ?? 0)

/** Why a node does not take this command on this device; `undefined` when it does. */
function objection(node: CspNode | undefined, item: OmaDmItem, device: DeviceView): number | undefined {
  const absent =
    !node ||
    (node.build !== undefined && buildOf(device) < node.build) ||
    (node.notOnHome && device.inventory.os.edition === 'Home')
  if (absent) return NOT_FOUND
  if (!node.verbs.includes(item.verb)) return NOT_ALLOWED
  if (item.verb !== 'Add' && item.verb !== 'Replace') return undefined
  const { data } = item
  if (node.format === 'bool') return typeof data === 'boolean' ? undefined : UNSUPPORTED_FORMAT
  if (node.format === 'chr') return typeof data === 'string' ? undefined : UNSUPPORTED_FORMAT
  if (typeof data !== 'number' || !Number.isInteger(data)) return UNSUPPORTED_FORMAT
  const [min, max] = node.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  return data < min || data > max ? BAD_REQUEST : undefined
}

function apply(item: PolicyItem, device: DeviceView, { chance, failure, after }: Attempt): ItemOutcome {
  if (item.protocol !== 'omadm') return { result: result(item, NOT_ALLOWED) }
  const node = nodeByUri.get(item.locUri.toLowerCase())
  const refused = objection(node, item, device)
  if (!node || refused !== undefined) return { result: result(item, refused ?? NOT_FOUND) }
  if (item.verb === 'Get') return { result: read(item, node, device) }
  if (item.verb === 'Delete') return { result: result(item, OK), settings: { [node.uri]: null } }
  if (node.canFail && chance.chance(failure)) return { result: result(item, COMMAND_FAILED, '0x80310059') }
  if (isInForce(node, item, device))
    return { result: result(item, OK), settings: { [node.uri]: item.data as SettingValue } }
  if (node.waitsFor && after !== node.waitsFor) return { result: result(item, ACCEPTED), waitsFor: node.waitsFor }
  return {
    result: result(item, OK),
    settings: { [node.uri]: item.data as SettingValue },
    posture: enforced(node, item),
  }
}

/** What waits for the user or a restart does not when the device is as wanted already. */
function isInForce({ uri }: CspNode, { data }: OmaDmItem, { inventory: { posture }, settings }: DeviceView): boolean {
  if (uri.endsWith('/DevicePasswordEnabled')) return data === 1 || posture.passcodeSet === true
  if (uri.endsWith('/RequireDeviceEncryption')) return data === 0 || posture.encrypted === true
  return settings[uri] === data
}

function enforced({ uri }: CspNode, { data }: OmaDmItem): NonNullable<ItemOutcome['posture']> {
  if (uri.endsWith('/DevicePasswordEnabled') && data === 0) return { passcodeSet: true, passcodeLength: 8 }
  if (uri.endsWith('/RequireDeviceEncryption') && data === 1) return { encrypted: true }
  if (uri.endsWith('/EnableVirtualizationBasedSecurity') && data === 1) return { codeIntegrity: true }
  if (uri.endsWith('/EnableFirewall') && data === true) return { firewallOn: true }
  if (uri.endsWith('/AllowRealtimeMonitoring') && data === 1) return { antivirusOn: true }
  return {}
}

function read(item: OmaDmItem, node: CspNode, device: DeviceView): OmaDmResult {
  const value = node.read ? node.read(device) : device.settings[node.uri]
  return value === undefined || typeof value === 'object' ? result(item, NOT_FOUND) : result(item, OK, value)
}

function evaluate(item: PolicyItem, device: DeviceView): OmaDmResult {
  if (item.protocol !== 'omadm' || item.verb !== 'Get') return result(item, NOT_ALLOWED)
  const node = nodeByUri.get(item.locUri.toLowerCase())
  const refused = objection(node, item, device)
  return !node || refused !== undefined ? result(item, refused ?? NOT_FOUND) : read(item, node, device)
}

const WIPE = './vendor/msft/remotewipe/'

function perform(command: NativeCommand, _device: DeviceView): CommandOutcome {
  const answer = (status: number): CommandOutcome['result'] => result({ itemId: 'command' }, status)
  if (command.protocol !== 'omadm') return { result: answer(NOT_ALLOWED) }
  const uri = command.locUri.toLowerCase()
  if (uri.startsWith(WIPE)) {
    // Provisioned data and the enrolment survive this one; the device restarts and comes back.
    return uri.endsWith('dowipepersistuserdata')
      ? { result: answer(OK), effect: 'restart' }
      : { result: answer(OK), effect: 'wipe' }
  }
  if (uri.endsWith('/unenroll')) return { result: answer(OK), effect: 'unenrol' }
  if (uri.endsWith('/reboot/rebootnow')) return { result: answer(ACCEPTED), effect: 'restart' }
  if (uri.endsWith('/ext/microsoft/devicename'))
    return { result: answer(OK), deviceName: String(command.data).slice(0, 15) }
  if (uri.endsWith('/defender/scan')) return { result: answer(ACCEPTED) }
  if (uri.endsWith('/defender/updatesignature')) return { result: answer(OK), posture: { antivirusCurrent: true } }
  if (uri.endsWith('/rotaterecoverypasswords')) return { result: answer(ACCEPTED) }
  if (uri.endsWith('/push')) return { result: answer(OK), effect: 'sync' }
  if (uri.endsWith('/location')) return { result: answer(OK), detail: { latitude: 59.91, longitude: 10.75 } }
  return { result: answer(NOT_FOUND) }
}

function describe(
  mode: Parameters<Platform['describe']>[0],
  chance: Rng,
  wanted?: Readonly<Record<string, number>>,
): Inventory {
  const hardware = modelFor(models, chance.fork('model'), wanted)
  const release = chance.fork('release').weighted(releases)
  const edition = chance
    .fork('edition')
    .weighted<{ weight: number; name: string }>(mode.ownership === 'personal' ? personalEditions : editions)
  const facts = chance.fork('facts')
  const hasTpm = facts.chance(0.99)
  return {
    deviceName: `${mode.ownership === 'personal' ? 'DESKTOP' : 'LAPTOP'}-${chance.fork('name').hex(7).toUpperCase()}`,
    os: {
      name: 'Windows',
      version: versionText(release.build, release.revision),
      build: String(release.build),
      edition: edition.name,
    },
    hardware: {
      manufacturer: hardware.manufacturer,
      model: hardware.model,
      serialNumber: chance.fork('serial').hex(10).toUpperCase(),
      wifiMac: (chance.fork('mac').hex(12).match(/../g) ?? []).join(':'),
      cpuArchitecture: hardware.model.startsWith('Surface') ? 'arm64' : 'amd64',
      totalStorageBytes: hardware.storageGb * GB,
      physicalMemoryBytes: hardware.memoryGb * 1_073_741_824,
    },
    posture: {
      encrypted: edition.name !== 'Home' && facts.chance(0.94),
      passcodeSet: facts.chance(0.97),
      passcodeLength: facts.int(6, 14),
      firewallOn: facts.chance(0.98),
      antivirusOn: facts.chance(0.98),
      antivirusCurrent: facts.chance(0.95),
      secureBoot: facts.chance(0.97),
      secureHardware: hasTpm,
      codeIntegrity: facts.chance(0.85),
      freeStorageBytes: Math.round(hardware.storageGb * GB * (0.2 + 0.6 * facts.unit())),
    },
  }
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
  ],
  describe,
  apply,
  evaluate,
  perform,
  remove: (item, device) => {
    if (item.protocol !== 'omadm' || device.settings[item.locUri] === undefined) return {}
    // BitLocker stays as it is: the setting is tattooed.
    return item.locUri.includes('/BitLocker/') ? {} : { settings: { [item.locUri]: null } }
  },
  updater: {
    perDay: 1 / 30,
    next: (os) => {
      const [, , build, revision] = os.version.split('.').map(Number)
      // Up to date is who has this month's revision.
      const newest = (releases.find((release) => release.build === build)?.revision ?? 0) + 100
      return revision !== undefined && revision < newest
        ? { ...os, version: versionText(build ?? 0, newest) }
        : undefined
    },
  },
}
