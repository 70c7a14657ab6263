import type { Inventory, LinuxResult, PolicyItem } from '@muster/shared/contracts'
import { compareVersions, HOUR_MS, type Rng } from '@muster/shared/core'
import type { Attempt, DeviceView, ItemOutcome, Platform } from '../../domain/platform.ts'
import { modelFor } from '../model-for.ts'

const GB = 1_000_000_000

const models = [
  { weight: 40, manufacturer: 'LENOVO', model: '21LN0014US' },
  { weight: 40, manufacturer: 'Dell Inc.', model: 'XPS 13 9340' },
  { weight: 20, manufacturer: 'System76', model: 'Lemur Pro' },
] as const

const distributions = [
  { weight: 65, name: 'ubuntu', version: '24.04' },
  { weight: 25, name: 'ubuntu', version: '26.04' },
  { weight: 6, name: 'rhel', version: '9.6' },
  { weight: 4, name: 'rhel', version: '10.0' },
] as const

const result = (
  item: { readonly itemId: string },
  state: LinuxResult['newComplianceState'],
  more: Partial<LinuxResult> = {},
): LinuxResult => ({
  itemId: item.itemId,
  protocol: 'linux',
  newComplianceState: state,
  ...more,
})

/** The client's error codes: the setting is not known to it, the value is not usable, the script failed. */
const UNKNOWN_SETTING = 404
const BAD_VALUE = 400
const SCRIPT_FAILED = 65_009

type Judge = (value: unknown, device: DeviceView) => { readonly ok: boolean; readonly actual: string } | undefined

const length = ({ inventory: { posture } }: DeviceView): number =>
  posture.passcodeSet ? (posture.passcodeLength ?? 0) : 0
const demanded =
  (fact: (device: DeviceView) => boolean | undefined): Judge =>
  (value, device) => ({
    ok: value !== true || fact(device) === true,
    actual: String(fact(device) ?? false),
  })

/** Compliance rules by setting id; the device judges them itself. */
const rules: Readonly<Record<string, Judge>> = {
  linux_deviceencryption_required: demanded(({ inventory }) => inventory.posture.encrypted),
  linux_passwordpolicy_required: demanded(({ inventory }) => inventory.posture.passcodeSet),
  linux_firewall_required: demanded(({ inventory }) => inventory.posture.firewallOn),
  linux_antivirus_required: demanded(({ inventory }) => inventory.posture.antivirusOn),
  linux_secureboot_required: demanded(({ inventory }) => inventory.posture.secureBoot),
  linux_tpm_required: demanded(({ inventory }) => inventory.posture.secureHardware),
  linux_passwordpolicy_minimumlength: (value, device) =>
    typeof value === 'number' ? { ok: length(device) >= value, actual: String(length(device)) } : undefined,
  linux_passwordpolicy_complex: demanded(({ inventory }) => inventory.posture.passcodeComplex),
  linux_distribution_alloweddistros: (value, { inventory: { os } }) =>
    Array.isArray(value) ? { ok: value.includes(os.edition ?? ''), actual: os.edition ?? '' } : undefined,
  linux_distribution_minimumversion: (value, { inventory: { os } }) =>
    typeof value === 'string' ? { ok: compareVersions(os.version, value) >= 0, actual: os.version } : undefined,
  linux_distribution_maximumversion: (value, { inventory: { os } }) =>
    typeof value === 'string' ? { ok: compareVersions(os.version, value) <= 0, actual: os.version } : undefined,
  linux_storage_minimumfree: (value, { inventory: { posture } }) => {
    const free = Math.round((posture.freeStorageBytes ?? 0) / GB)
    return typeof value === 'number' ? { ok: free >= value, actual: String(free) } : undefined
  },
}

function evaluate(item: PolicyItem, device: DeviceView): LinuxResult {
  if (item.protocol !== 'linux') return result(item, 'Error', { errorCode: UNKNOWN_SETTING })
  const rule = rules[item.settingDefinitionItemId]
  if (!rule) return result(item, 'Unknown', { errorCode: UNKNOWN_SETTING })
  const judged = rule(item.value, device)
  if (!judged) return result(item, 'Error', { errorCode: BAD_VALUE })
  return result(item, judged.ok ? 'Compliant' : 'NonCompliant', { actualValue: judged.actual })
}

/** Settings that the client carries out, by id; those with `since` need a distribution that new. */
const configurable: Readonly<
  Record<string, { readonly waitsFor?: 'restart'; readonly canFail?: boolean; readonly ubuntuOnly?: boolean }>
> = {
  linux_customconfig_script: { canFail: true },
  linux_screenlock_timeout: {},
  linux_ssh_permitrootlogin: {},
  linux_updates_automatic: { ubuntuOnly: true },
  linux_kernel_lockdown: { waitsFor: 'restart' },
}

function apply(item: PolicyItem, device: DeviceView, { chance, failure, after }: Attempt): ItemOutcome {
  if (item.protocol !== 'linux') return { result: result(item, 'Error', { errorCode: UNKNOWN_SETTING }) }
  const id = item.settingDefinitionItemId
  const setting = Object.hasOwn(configurable, id) ? configurable[id] : undefined
  const absent = !setting || (setting.ubuntuOnly && device.inventory.os.edition !== 'ubuntu')
  if (absent) return { result: result(item, 'Unknown', { errorCode: UNKNOWN_SETTING }) }
  if (setting.canFail && chance.chance(failure)) return { result: result(item, 'Error', { errorCode: SCRIPT_FAILED }) }
  if (setting.waitsFor && after !== setting.waitsFor)
    return { result: result(item, 'NonCompliant'), waitsFor: setting.waitsFor }
  return { result: result(item, 'Compliant'), settings: { [id]: item.value } }
}

function describe(
  _mode: Parameters<Platform['describe']>[0],
  chance: Rng,
  wanted?: Readonly<Record<string, number>>,
): Inventory {
  const hardware = modelFor(models, chance.fork('model'), wanted)
  const distribution = chance.fork('distribution').weighted(distributions)
  const facts = chance.fork('facts')
  return {
    deviceName: `${distribution.name}-${chance.fork('name').hex(6)}`,
    os: { name: `Linux (${distribution.name})`, version: distribution.version, edition: distribution.name },
    hardware: {
      manufacturer: hardware.manufacturer,
      model: hardware.model,
      serialNumber: chance.fork('serial').hex(8).toUpperCase(),
      cpuArchitecture: 'amd64',
      totalStorageBytes: 512 * GB,
      physicalMemoryBytes: 32 * 1_073_741_824,
    },
    posture: {
      encrypted: facts.chance(0.88),
      passcodeSet: true,
      passcodeLength: facts.int(8, 20),
      passcodeComplex: facts.chance(0.8),
      firewallOn: facts.chance(0.85),
      antivirusOn: facts.chance(0.6),
      secureBoot: facts.chance(0.7),
      secureHardware: facts.chance(0.95),
      freeStorageBytes: Math.round(512 * GB * (0.1 + 0.8 * facts.unit())),
    },
  }
}

/** Linux, by the compliance settings of its client, which judges for itself. */
export const linux: Platform = {
  name: 'linux',
  // The client asks at sign-in and now and then while somebody is signed in.
  cadence: { afterEnrolment: [], steadyMs: HOUR_MS },
  drifts: [
    { fact: 'firewallOn', to: false, perDay: 0.005, heals: true },
    { fact: 'antivirusOn', to: false, perDay: 0.003, heals: true },
  ],
  describe,
  apply,
  evaluate,
  perform: (command) =>
    command.protocol === 'linux'
      ? { result: result({ itemId: 'command' }, 'Compliant'), effect: 'unenrol' }
      : { result: result({ itemId: 'command' }, 'Error', { errorCode: UNKNOWN_SETTING }) },
  remove: (item, device) =>
    item.protocol === 'linux' && device.settings[item.settingDefinitionItemId] !== undefined
      ? { settings: { [item.settingDefinitionItemId]: null } }
      : {},
}
