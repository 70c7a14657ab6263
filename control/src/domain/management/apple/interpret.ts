import type { ItemResult, PolicyItem, SettingValue } from '@muster/shared/contracts'
import type { SettingOutcome } from '../management.ts'
import { isApple, refusalOf } from './reading.ts'
import { carrierIdOf } from './render.ts'
import type { ApplePlatform, AppleSetting, Reading } from './setting.ts'

/** When several items carry a setting, what one of them says to its disadvantage counts. */
const weight: Readonly<Record<Reading['state'], number>> = {
  error: 6,
  notApplicable: 5,
  conflict: 4,
  pending: 3,
  nonCompliant: 2,
  remediated: 1,
  compliant: 0,
}

/**
 * Native results to one outcome per setting, in the order of the settings. A setting that the platform does not have is not
 * applicable; one with a result missing is pending.
 */
export function interpretSettings(
  catalogue: readonly AppleSetting[],
  settings: Readonly<Record<string, SettingValue>>,
  items: readonly PolicyItem[],
  results: readonly ItemResult[],
  platform: ApplePlatform,
): readonly SettingOutcome[] {
  const byItem = new Map(results.map((result) => [result.itemId, result]))
  const byName = new Map(catalogue.map((setting) => [setting.name, setting]))
  return Object.entries(settings).map(([name, value]): SettingOutcome => {
    const setting = byName.get(name)
    if (!setting?.platforms.includes(platform)) return { setting: name, state: 'notApplicable' }
    const covering = items.filter((item) => item.covers.includes(name))
    const readings = covering.map((item) => readingOf(setting, value, item, byItem.get(item.itemId), platform))
    const worst = readings.reduce<Reading>(
      (a, b) => (weight[b.state] > weight[a.state] ? b : a),
      readings[0] ?? { state: 'pending' },
    )
    return { setting: name, ...worst }
  })
}

function readingOf(
  setting: AppleSetting,
  value: SettingValue,
  item: PolicyItem,
  result: ItemResult | undefined,
  platform: ApplePlatform,
): Reading {
  if (!result) return { state: 'pending' }
  if (result.protocol !== item.protocol || !isApple(result))
    return { state: 'error', errorCode: `protocol ${result.protocol}` }
  const refusal = refusalOf(result)
  if (refusal) return refusal
  const carriage = setting.carriages(platform).find(({ carrier }) => carrier.itemId === carrierIdOf(item))
  // The activation is nobody's carriage: its configurations answer for themselves.
  return carriage?.judge(result, value) ?? { state: 'compliant' }
}
