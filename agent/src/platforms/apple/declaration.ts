import type { AppleDdmItem, AppleDdmResult, Posture } from '@muster/shared/contracts'
import type { Attempt, DeviceView, ItemOutcome } from '../../domain/platform.ts'
import { onceFor, type SettingsPatch, settingsOf, valuesAt } from './addresses.ts'
import {
  ACTIVATION,
  declarationTypes,
  PASSCODE,
  STATUS_SUBSCRIPTIONS,
  UPDATE_ENFORCEMENT,
} from './declaration-catalogue.ts'
import { combinedRequirement, meets, passcodeFor } from './passcode.ts'
import { type Dictionary, type Fault, faultOf, isDictionary } from './payload.ts'
import { enforce } from './software-update.ts'
import { reportable, statusItems, statusOf } from './status-items.ts'
import { obstacle } from './support.ts'
import { type AppleSystem, targetOf } from './system.ts'

type Reason = NonNullable<AppleDdmResult['reasons']>[number]
type Standing = Pick<AppleDdmResult, 'active' | 'valid' | 'reasons' | 'statusItems'>

/** How a declaration that was accepted works out on the device. */
interface Effect {
  readonly standing: Standing
  readonly outcome?: Pick<ItemOutcome, 'posture' | 'os' | 'waitsFor'>
}

/** Take a declaration up. Configurations take effect when an activation that is in force names them. */
export function applyDeclaration(
  item: AppleDdmItem,
  device: DeviceView,
  system: AppleSystem,
  attempt: Attempt,
): ItemOutcome {
  const refusal = refusalOf(item, device, system)
  if (refusal) return { result: resultOf(item, invalid(refusal)) }
  if (declarationTypes[item.type]?.needsActivation && !isActivated(item, device)) {
    const reason = named('Info.NotReferencedByActivation', item)
    return { result: resultOf(item, { active: false, valid: 'unknown', reasons: [reason] }) }
  }
  if (attempt.chance.chance(attempt.failure)) {
    return {
      result: resultOf(
        item,
        invalid(explained('Error.ConfigurationCannotBeApplied', 'The operation could not be completed.')),
      ),
    }
  }
  const { standing, outcome } = effectOf(item, device, system, attempt)
  if (standing.valid === 'invalid') return { result: resultOf(item, standing) }
  return { result: resultOf(item, standing), settings: settingsBy(item), ...outcome }
}

/** How a declaration stands on the device as it is; activations play no part in reading. */
export function readDeclaration(item: AppleDdmItem, device: DeviceView, system: AppleSystem): AppleDdmResult {
  const refusal = refusalOf(item, device, system)
  return resultOf(item, refusal ? invalid(refusal) : effectOf(item, device, system).standing)
}

/** What a declaration sets, by native address. */
export const settingsBy = (item: AppleDdmItem): SettingsPatch =>
  onceFor(item, () => settingsOf(item.type, item.identifier, item.payload))

const isActivated = (item: AppleDdmItem, device: DeviceView): boolean =>
  valuesAt(device.settings, ACTIVATION, 'StandardConfigurations').some(
    (names) => Array.isArray(names) && names.includes(item.identifier),
  )

function refusalOf(item: AppleDdmItem, device: DeviceView, system: AppleSystem): Reason | undefined {
  const type = Object.hasOwn(declarationTypes, item.type) ? declarationTypes[item.type] : undefined
  const target = targetOf(system, device)
  if (!type || obstacle(type.support, target)) return named('Error.ConfigurationNotSupported', item)
  const fault = faultOf(item.payload, type.keys, target)
  return fault && faultReason(fault, item)
}

function faultReason(fault: Fault, item: AppleDdmItem): Reason {
  const at = fault.at.slice(0, 200)
  if (fault.kind === 'unsupported') return named('Error.ConfigurationNotSupported', item)
  if (fault.kind === 'unknown') return { code: 'Error.UnknownPayloadKeys', details: { UnknownPayloadKeys: [at] } }
  if (fault.kind === 'type') return explained('Error.ConfigurationCannotBeDeserialized', `${at} has another type.`)
  return explained(
    'Error.ConfigurationIsInvalid',
    fault.kind === 'missing' ? `${at} is missing.` : `${at} is out of range.`,
  )
}

function effectOf(item: AppleDdmItem, device: DeviceView, system: AppleSystem, attempt?: Attempt): Effect {
  const { payload, type } = item
  if (type === PASSCODE) return passcodeEffect(payload, device, system, attempt?.after)
  if (type === UPDATE_ENFORCEMENT) return enforcementEffect(payload, device, system, attempt?.after)
  if (type === STATUS_SUBSCRIPTIONS) return { standing: inForce(statusOf(subscribed(payload), device, system)) }
  return { standing: inForce() }
}

function passcodeEffect(payload: Dictionary, device: DeviceView, system: AppleSystem, after: Attempt['after']): Effect {
  const requirement = combinedRequirement(device.settings, payload)
  const obeys = after === 'user' && !meets(device.inventory.posture, requirement)
  const changed: Partial<Posture> = obeys ? passcodeFor(device.inventory.posture, requirement) : {}
  const passcode = { ...device.inventory.posture, ...changed }
  const compliant = meets(passcode, requirement)
  const present = passcode.passcodeSet ?? false
  const status = reportable({ 'passcode.is-present': present, 'passcode.is-compliant': compliant }, device, system)
  // A Mac has no status item for it: the declaration becomes active when the user authenticates with a password that meets it.
  const standing = Object.keys(status).length > 0 ? inForce(status) : { ...inForce(), active: compliant }
  return { standing, outcome: { ...(obeys ? { posture: changed } : {}), ...(compliant ? {} : { waitsFor: 'user' }) } }
}

function enforcementEffect(
  payload: Dictionary,
  device: DeviceView,
  system: AppleSystem,
  after: Attempt['after'],
): Effect {
  const { refusal, status, outcome } = enforce(payload, device, system, after)
  if (refusal !== undefined) return { standing: invalid(explained('Error.ConfigurationCannotBeApplied', refusal)) }
  return { standing: inForce(reportable(status, device, system)), ...(outcome ? { outcome } : {}) }
}

function subscribed(payload: Dictionary): string[] {
  const wanted = Array.isArray(payload['StatusItems']) ? payload['StatusItems'] : []
  const names = wanted.map((item) => (isDictionary(item) ? String(item['Name']) : ''))
  return names.filter((name) => Object.hasOwn(statusItems, name))
}

const inForce = (status?: Record<string, unknown>): Standing =>
  ({ active: true, valid: 'valid', ...(status ? { statusItems: status } : {}) }) as Standing

const invalid = (reason: Reason): Standing => ({ active: false, valid: 'invalid', reasons: [reason] })

/** A reason that names the declaration. */
const named = (code: string, item: AppleDdmItem): Reason => ({
  code,
  details: { Identifier: item.identifier, ServerToken: item.serverToken },
})

/** A reason that carries the text of the underlying error. */
function explained(code: string, error: string): Reason {
  const text = error.slice(0, 300)
  return { code, description: text, details: { Error: text } }
}

const resultOf = (item: AppleDdmItem, standing: Standing): AppleDdmResult => ({
  itemId: item.itemId,
  protocol: 'apple-ddm',
  serverToken: item.serverToken,
  ...standing,
})
