import type { AppleDdmResult, AppleMdmResult, ItemResult, SettingValue } from '@muster/shared/contracts'
import type { AppleResult, Json, Reading } from './setting.ts'

/** Codes by which a device says that it does not have something, as opposed to having failed at it. */
const notApplicable: ReadonlySet<string> = new Set([
  'Error.ConfigurationNotSupported',
  'MCPayloadErrorDomain 2001',
  'MCInstallationErrorDomain 4023',
  'MCInstallationErrorDomain 4030',
  'MCMDMErrorDomain 12021',
  'MCMDMErrorDomain 12029',
  'MCSettingsErrorDomain 28000',
  'MCChaperoneErrorDomain 29000',
])

/** A result in one of Apple's protocols. */
export const isApple = (result: ItemResult): result is AppleResult =>
  result.protocol === 'apple-mdm' || result.protocol === 'apple-ddm'

/** What a result means for every setting that it covers, when it is no plain answer; `undefined` when it is one. */
export const refusalOf = (result: AppleResult): Reading | undefined =>
  result.protocol === 'apple-mdm' ? commandRefusal(result) : declarationRefusal(result)

function commandRefusal(result: AppleMdmResult): Reading | undefined {
  if (result.status === 'Acknowledged') return undefined
  return result.status === 'NotNow' ? { state: 'pending' } : refused(errorCodeOf(result))
}

function declarationRefusal({ valid, reasons }: AppleDdmResult): Reading | undefined {
  const error = reasons?.find(({ code }) => code.startsWith('Error.'))
  if (valid === 'invalid' || error) return refused(error?.code ?? 'invalid')
  return valid === 'unknown' ? { state: 'pending' } : undefined
}

const refused = (errorCode: string): Reading => ({
  state: notApplicable.has(errorCode) ? 'notApplicable' : 'error',
  errorCode,
})

/** Domain and code of the error at the root of the chain; the status where a device gives no chain. */
function errorCodeOf({ status, errorChain }: AppleMdmResult): string {
  const root = errorChain?.at(-1)
  return root ? `${root.ErrorDomain} ${root.ErrorCode}` : status
}

export const meansUnsupported = (result: AppleMdmResult): boolean => notApplicable.has(errorCodeOf(result))

/** A configuration that was taken up is in force, unless the device still waits for something. */
export function inForce(result: AppleResult): Reading {
  if (result.protocol === 'apple-mdm') return { state: 'compliant' }
  const update = statusItem(result, 'softwareupdate.install-state')
  if (update === 'failed') return { state: 'error', errorCode: 'softwareupdate.failure-reason' }
  const waiting = !result.active || statusItem(result, 'passcode.is-compliant') === false
  return { state: waiting || (update ?? 'none') !== 'none' ? 'pending' : 'compliant' }
}

export const statusItem = (result: AppleResult, name: string): Json | undefined =>
  result.protocol === 'apple-ddm' ? result.statusItems?.[name] : undefined

/** The value at a path of keys and positions in a command's response. */
export function responseAt(result: AppleResult, path: readonly (string | number)[]): Json | undefined {
  let value: unknown = result.protocol === 'apple-mdm' ? result.response : undefined
  for (const step of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
  return value as Json | undefined
}

/** A compliance setting by the fact that the device told; a fact it cannot tell is none of its business. */
export function compared(actual: Json | undefined, complies: (actual: SettingValue) => boolean): Reading {
  if (typeof actual !== 'boolean' && typeof actual !== 'number' && typeof actual !== 'string')
    return { state: 'notApplicable' }
  return { state: complies(actual) ? 'compliant' : 'nonCompliant', actual }
}
