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

const ADDED = '/add'

/** A node that the server names is added and then written; where it is there already, only the second has an effect. */
function itemsFor(setting: WindowsSetting, value: SettingValue): readonly OmaDmItem[] {
  const { name, uri, named } = setting
  const locUri = named ? uri.replace(/\{\w+\}/, () => named(String(value))) : uri
  const common = { itemId: name, covers: [name], protocol: 'omadm' as const, locUri }
  if (setting.kind === 'compliance') return [{ ...common, verb: 'Get' }]
  const data = nativeOf(setting, value)
  const format = typeof data === 'boolean' ? 'bool' : typeof data === 'number' ? 'int' : named ? 'xml' : 'chr'
  const written: OmaDmItem = { ...common, verb: 'Replace', format, data }
  return named ? [{ ...written, itemId: `${name}${ADDED}`, verb: 'Add' }, written] : [written]
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

const ALREADY_EXISTS = 418

function outcomeOf(
  setting: WindowsSetting,
  wanted: SettingValue,
  written: ItemResult | undefined,
  added: ItemResult | undefined,
): SettingOutcome {
  const state = (value: SettingOutcome['state']): SettingOutcome => ({ setting: setting.name, state: value })
  if (!written) return state('pending')
  if (written.protocol !== 'omadm' || (added && added.protocol !== 'omadm'))
    return { ...state('error'), errorCode: 'protocol' }
  // What could not be added for another reason than that it is there is the cause of what follows.
  const answer = added && added.status >= 300 && added.status !== ALREADY_EXISTS ? added : written
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
      return setting.kind === kind && value !== undefined ? itemsFor(setting, value) : []
    }),
  interpret: (kind, settings, _items, results) => {
    const byItem = new Map(results.map((result) => [result.itemId, result]))
    return Object.entries(settings).flatMap(([name, wanted]) => {
      const setting = settingOf(kind, name)
      return setting ? [outcomeOf(setting, wanted, byItem.get(name), byItem.get(`${name}${ADDED}`))] : []
    })
  },
  renderAction: (action, parameters) => actions[action]?.(parameters),
  interpretAction: ({ result }) => {
    if (result.protocol !== 'omadm') return 'failed'
    if (result.status < 300) return 'done'
    return result.status === 404 || result.status === 405 ? 'notSupported' : 'failed'
  },
}
