import type { LinuxItem, LinuxResult, Posture } from '@muster/shared/contracts'
import { compareVersions } from '@muster/shared/core'
import type { DeviceView } from '../../domain/platform.ts'
import { judgeCustomRule } from './custom-compliance.ts'
import { errorCode, result } from './result.ts'

/** `undefined`: the value is not usable. */
type Judge = (value: unknown, device: DeviceView) => { readonly ok: boolean; readonly actual: string } | undefined

/** How many characters of each kind the password has that a user of this temper chose. */
export function charactersOf({ passcodeSet, passcodeLength = 0, passcodeComplex }: Posture): {
  readonly length: number
  readonly digits: number
  readonly lowercase: number
  readonly uppercase: number
  readonly symbols: number
} {
  const length = passcodeSet ? passcodeLength : 0
  const uppercase = passcodeComplex ? Math.ceil(length / 8) : 0
  const symbols = passcodeComplex ? Math.ceil(length / 10) : 0
  const digits = passcodeComplex ? Math.ceil(length / 6) : Math.min(2, Math.floor(length / 4))
  return { length, digits, uppercase, symbols, lowercase: Math.max(0, length - digits - uppercase - symbols) }
}

const characters =
  (kind: keyof ReturnType<typeof charactersOf>): Judge =>
  (value, { inventory }) => {
    const has = charactersOf(inventory.posture)[kind]
    return typeof value === 'number' ? { ok: has >= value, actual: String(has) } : undefined
  }

/** Rules by setting id; the device judges them itself. Source: Intune settings catalogue, Linux. */
const judges: Readonly<Record<string, Judge>> = {
  // Any dm-crypt on the writable fixed disks counts.
  linux_deviceencryption_required: (value, { inventory }) => ({
    ok: value !== true || inventory.posture.encrypted === true,
    actual: String(inventory.posture.encrypted ?? false),
  }),
  linux_passwordpolicy_minimumlength: characters('length'),
  linux_passwordpolicy_minimumdigits: characters('digits'),
  linux_passwordpolicy_minimumlowercase: characters('lowercase'),
  linux_passwordpolicy_minimumuppercase: characters('uppercase'),
  linux_passwordpolicy_minimumsymbols: characters('symbols'),
  linux_distribution_alloweddistros: (value, { inventory: { os } }) =>
    Array.isArray(value) ? { ok: value.includes(os.edition ?? ''), actual: os.edition ?? '' } : undefined,
  linux_distribution_alloweddistros_item_minimumversion: (value, { inventory: { os } }) =>
    typeof value === 'string' ? { ok: compareVersions(os.version, value) >= 0, actual: os.version } : undefined,
  linux_distribution_alloweddistros_item_maximumversion: (value, { inventory: { os } }) =>
    typeof value === 'string' ? { ok: compareVersions(os.version, value) <= 0, actual: os.version } : undefined,
  // The script is run with the rules; what it found is in their results.
  linux_customcompliance_discoveryscript: (value) =>
    typeof value === 'string' ? { ok: true, actual: 'run' } : undefined,
}

/** One rule's result. */
export function judge(item: LinuxItem, device: DeviceView): LinuxResult {
  const id = item.settingDefinitionItemId
  if (id === 'linux_customcompliance_rules') return judgeCustomRule(item, device)
  const rule = Object.hasOwn(judges, id) ? judges[id] : undefined
  if (!rule) return result(item, 'Unknown', { errorCode: errorCode.unknownSetting })
  const judged = rule(item.value, device)
  if (!judged) return result(item, 'Error', { errorCode: errorCode.badValue })
  return result(item, judged.ok ? 'Compliant' : 'NonCompliant', { actualValue: judged.actual })
}
