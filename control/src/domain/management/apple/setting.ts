import type { ItemResult, PlatformName, SettingValue } from '@muster/shared/contracts'
import type { SettingDefinition, SettingOutcome } from '../management.ts'

export type ApplePlatform = Extract<PlatformName, 'macOS' | 'iOS' | 'iPadOS' | 'tvOS' | 'visionOS'>

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Dictionary = Readonly<Record<string, Json>>

/** How a setting stands by one native result. */
export type Reading = Omit<SettingOutcome, 'setting'>

export type AppleResult = Extract<ItemResult, { protocol: 'apple-mdm' | 'apple-ddm' }>

/** The native item that carries a setting; settings with the same `itemId` share one. */
export type Carrier =
  | { readonly itemId: string; readonly via: 'declaration'; readonly type: string }
  | { readonly itemId: string; readonly via: 'profile'; readonly payloadType: string }
  | { readonly itemId: string; readonly via: 'command'; readonly requestType: string }

/** One carrier of a setting: what it puts in, and what the answer says of the setting. */
export interface Carriage {
  readonly carrier: Carrier
  /** The part of the carrier's payload that is this setting's; parts are merged. */
  payload(value: SettingValue): Dictionary
  /** Called with results that are no refusal (see `refusalOf`). */
  judge(result: AppleResult, value: SettingValue): Reading
}

/** A setting with what carries it on each platform; all carriages must agree for it to be in force. */
export interface AppleSetting extends SettingDefinition {
  readonly platforms: readonly ApplePlatform[]
  carriages(platform: ApplePlatform): readonly Carriage[]
}
