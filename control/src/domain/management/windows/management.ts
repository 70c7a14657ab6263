import type {
  ItemResult,
  NativeCommand,
  OmaDmItem,
  PolicyKind,
  RemoteActionName,
  SettingValue,
} from '@muster/shared/contracts'
import { compareVersions } from '@muster/shared/core'
import type { Management, SettingOutcome } from '../management.ts'
import { type WindowsSetting, windowsSettings } from './settings.ts'

type Plain = string | number | boolean

function settingOf(kind: PolicyKind, name: string): WindowsSetting | undefined {
  return windowsSettings.find((setting) => setting.kind === kind && setting.name === name)
}

const nativeOf = (setting: WindowsSetting, value: SettingValue): Plain =>
  setting.native ? setting.native(value as Plain) : (value as Plain)

function itemFor(setting: WindowsSetting, value: SettingValue): OmaDmItem {
  const common = { itemId: setting.name, covers: [setting.name], protocol: 'omadm' as const, locUri: setting.uri }
  if (setting.kind === 'compliance') return { ...common, verb: 'Get' }
  const data = nativeOf(setting, value)
  return {
    ...common,
    verb: 'Replace',
    format: typeof data === 'boolean' ? 'bool' : typeof data === 'number' ? 'int' : 'chr',
    data,
  }
}

/** Whether an answer meets what is wanted. */
function meets(setting: WindowsSetting, wanted: SettingValue, answer: Plain): boolean {
  switch (setting.compare) {
    case 'at-least':
      return Number(answer) >= Number(wanted)
    case 'version-at-least':
      return compareVersions(String(answer), String(wanted)) >= 0
    case 'version-at-most':
      return compareVersions(String(answer), String(wanted)) <= 0
    default:
      return answer === nativeOf(setting, wanted)
  }
}

function outcomeOf(setting: WindowsSetting, wanted: SettingValue, answer: ItemResult | undefined): SettingOutcome {
  const state = (value: SettingOutcome['state']): SettingOutcome => ({ setting: setting.name, state: value })
  if (!answer) return state('pending')
  if (answer.protocol !== 'omadm') return { ...state('error'), errorCode: 'protocol' }
  if (answer.status === 202) return state('pending')
  // The node is not there on this build or edition.
  if (answer.status === 404) return { ...state('notApplicable'), errorCode: '404' }
  if (answer.status >= 300)
    return { ...state('error'), errorCode: answer.data === undefined ? String(answer.status) : String(answer.data) }
  if (setting.kind === 'configuration') return state('compliant')
  if (answer.data === undefined) return { ...state('error'), errorCode: 'no-data' }
  return {
    ...state(wanted === false || meets(setting, wanted, answer.data) ? 'compliant' : 'nonCompliant'),
    actual: answer.data,
  }
}

const exec = (locUri: string, data?: Plain): NativeCommand => ({
  protocol: 'omadm',
  verb: 'Exec',
  locUri,
  ...(data === undefined ? {} : { data }),
})

const actions: Partial<Record<RemoteActionName, (parameters: Readonly<Record<string, unknown>>) => NativeCommand>> = {
  syncDevice: () => exec('./Vendor/MSFT/DMClient/Provider/MS%20DM%20Server/Push'),
  retire: () => exec('./Vendor/MSFT/DMClient/Unenroll', 'MS DM Server'),
  delete: () => exec('./Vendor/MSFT/DMClient/Unenroll', 'MS DM Server'),
  wipe: (parameters) =>
    exec(
      parameters['keepEnrollmentData'] === true
        ? './Vendor/MSFT/RemoteWipe/doWipePersistUserData'
        : './Vendor/MSFT/RemoteWipe/doWipe',
    ),
  cleanWindowsDevice: () => exec('./Vendor/MSFT/RemoteWipe/doWipePersistUserData'),
  rebootNow: () => exec('./Device/Vendor/MSFT/Reboot/RebootNow'),
  setDeviceName: (parameters) => ({
    protocol: 'omadm',
    verb: 'Replace',
    locUri: './DevDetail/Ext/Microsoft/DeviceName',
    data: String(parameters['deviceName'] ?? ''),
  }),
  locateDevice: () => exec('./Device/Vendor/MSFT/RemoteFind/Location'),
  rotateBitLockerKeys: () => exec('./Device/Vendor/MSFT/BitLocker/RotateRecoveryPasswords', 'request'),
  windowsDefenderScan: (parameters) =>
    exec('./Device/Vendor/MSFT/Defender/Scan', parameters['quickScan'] === false ? 2 : 1),
  windowsDefenderUpdateSignatures: () => exec('./Device/Vendor/MSFT/Defender/UpdateSignature'),
}

/** How the control service speaks Windows: OMA-DM commands and their status codes. */
export const windowsManagement: Management = {
  platforms: ['windows'],
  settings: windowsSettings,
  render: (kind, settings) =>
    windowsSettings.flatMap((setting) => {
      const value = settings[setting.name]
      return setting.kind === kind && value !== undefined ? [itemFor(setting, value)] : []
    }),
  interpret: (kind, settings, _items, results) => {
    const byItem = new Map(results.map((result) => [result.itemId, result]))
    return Object.entries(settings).flatMap(([name, wanted]) => {
      const setting = settingOf(kind, name)
      return setting ? [outcomeOf(setting, wanted, byItem.get(name))] : []
    })
  },
  renderAction: (action, parameters) => actions[action]?.(parameters),
  interpretAction: ({ result }) => {
    if (result.protocol !== 'omadm') return 'failed'
    if (result.status < 300) return 'done'
    return result.status === 404 || result.status === 405 ? 'notSupported' : 'failed'
  },
}
