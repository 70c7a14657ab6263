import type { LinuxItem, LinuxResult } from '@muster/shared/contracts'
import { compareVersions } from '@muster/shared/core'
import type { DeviceView } from '../../domain/platform.ts'
import { errorCode, result } from './result.ts'

type Found = string | number | boolean

/** What the discovery script prints on a device: facts that the settings catalogue has no rule for. */
export function discovered({ inventory: { os, posture, hardware } }: DeviceView): Readonly<Record<string, Found>> {
  return {
    FirewallEnabled: posture.firewallOn ?? false,
    AntivirusRunning: posture.antivirusOn ?? false,
    SecureBootEnabled: posture.secureBoot ?? false,
    TpmPresent: posture.secureHardware ?? false,
    FreeStorageGb: Math.floor((posture.freeStorageBytes ?? 0) / 1_000_000_000),
    Distribution: os.edition ?? '',
    DistributionVersion: os.version,
    Manufacturer: hardware.manufacturer,
    Model: hardware.model,
  }
}

/** One rule as its author writes it: a name that the script finds, and what it is held against. */
interface Rule {
  readonly SettingName: string
  readonly Operator: string
  readonly DataType: string
  readonly Operand: Found
}

function readRule(text: unknown): Rule | undefined {
  try {
    const rule: unknown = JSON.parse(String(text))
    if (typeof rule !== 'object' || rule === null) return undefined
    const { SettingName, Operator, DataType, Operand } = rule as Partial<Rule>
    const whole = typeof SettingName === 'string' && typeof Operator === 'string' && typeof DataType === 'string'
    return whole && Operand !== undefined ? { SettingName, Operator, DataType, Operand } : undefined
  } catch {
    return undefined
  }
}

/** Less than, equal to or greater than zero; `undefined` where a side is not of the type. */
const compare: Readonly<Record<string, (found: Found, operand: Found) => number | undefined>> = {
  Boolean: (found, operand) =>
    typeof found === 'boolean' && /^(true|false)$/i.test(String(operand))
      ? Number(found) - Number(String(operand).toLowerCase() === 'true')
      : undefined,
  Int64: asNumbers,
  Double: asNumbers,
  String: (found, operand) =>
    typeof found === 'string' ? (found === String(operand) ? 0 : found < String(operand) ? -1 : 1) : undefined,
  Version: (found, operand) => (typeof found === 'string' ? compareVersions(found, String(operand)) : undefined),
}

function asNumbers(found: Found, operand: Found): number | undefined {
  const wanted = Number(operand)
  return typeof found === 'number' && Number.isFinite(wanted) ? found - wanted : undefined
}

const operators: Readonly<Record<string, (order: number) => boolean>> = {
  IsEquals: (order) => order === 0,
  NotEquals: (order) => order !== 0,
  GreaterThan: (order) => order > 0,
  GreaterEquals: (order) => order >= 0,
  LessThan: (order) => order < 0,
  LessEquals: (order) => order <= 0,
}

/** Hold what the discovery script found against one rule of the author's. */
export function judgeCustomRule(item: LinuxItem, device: DeviceView): LinuxResult {
  const failed = (code: number): LinuxResult => result(item, 'Error', { errorCode: code })
  const rule = readRule(item.value)
  if (!rule) return failed(errorCode.invalidJson)
  const facts = discovered(device)
  const found = Object.hasOwn(facts, rule.SettingName) ? facts[rule.SettingName] : undefined
  if (found === undefined) return failed(errorCode.missingInScriptResult)
  const order = Object.hasOwn(compare, rule.DataType) ? compare[rule.DataType]?.(found, rule.Operand) : undefined
  const holds = Object.hasOwn(operators, rule.Operator) ? operators[rule.Operator] : undefined
  if (order === undefined || !holds) return failed(errorCode.invalidDataType)
  return result(item, holds(order) ? 'Compliant' : 'NonCompliant', { actualValue: String(found).slice(0, 1_024) })
}
