import type {
  CommandResult,
  EnrolmentMode,
  ItemResult,
  NativeCommand,
  PlatformName,
  PolicyItem,
  PolicyKind,
  RemoteActionName,
  SettingValue,
} from '@muster/shared/contracts'

/**
 * How the control service speaks a family of platforms: it renders settings to native items and reads native results back
 * into setting states. Pure. One folder per family beside this file; `managementOf(platform)` finds it.
 */
export interface Management {
  readonly platforms: readonly PlatformName[]
  /** The catalogue: every setting that a policy of this family may carry. */
  readonly settings: readonly SettingDefinition[]

  /** Settings (already validated against the catalogue) to native items, in a stable order. */
  render(
    kind: PolicyKind,
    settings: Readonly<Record<string, SettingValue>>,
    platform: PlatformName,
  ): readonly PolicyItem[]

  /** Native results to one outcome per setting of the policy. Settings without a result are `pending`. */
  interpret(
    kind: PolicyKind,
    settings: Readonly<Record<string, SettingValue>>,
    items: readonly PolicyItem[],
    results: readonly ItemResult[],
    platform: PlatformName,
  ): readonly SettingOutcome[]

  /** A remote action for a device, or `undefined` where the platform or its mode has no such action. */
  renderAction(
    action: RemoteActionName,
    parameters: Readonly<Record<string, unknown>>,
    device: { readonly platform: PlatformName; readonly mode: EnrolmentMode },
  ): NativeCommand | undefined

  /** What a native answer means for the action's life; `retry` keeps it open. */
  interpretAction(result: CommandResult): 'done' | 'failed' | 'notSupported' | 'retry'
}

export interface SettingDefinition {
  /** Graph's property name where there is a typed resource; unique within family and kind. */
  readonly name: string
  readonly kind: PolicyKind
  /** Id in the settings catalogue, e.g. `linux_passwordpolicy_minimumlength`. */
  readonly definitionId: string
  readonly displayName: string
  readonly value:
    | { readonly type: 'boolean' }
    | { readonly type: 'integer'; readonly min: number; readonly max: number }
    | { readonly type: 'string'; readonly maxLength: number; readonly pattern?: string }
    | { readonly type: 'version' }
    | { readonly type: 'choice'; readonly choices: readonly string[] }
    | { readonly type: 'strings'; readonly maxItems: number }
  /** Platforms of the family that have it; all when absent. */
  readonly platforms?: readonly PlatformName[]
  /** Which of two compliance values is the stricter one; needed to merge policies. */
  readonly stricter?: 'true' | 'false' | 'higher' | 'lower'
  /** What the user is told to do when a compliance setting is not met. */
  readonly remedy?: string
}

/** How one setting stands on one device. `error` and `notApplicable` carry the platform's own code. */
export interface SettingOutcome {
  readonly setting: string
  readonly state: 'compliant' | 'remediated' | 'nonCompliant' | 'notApplicable' | 'pending' | 'error' | 'conflict'
  readonly actual?: SettingValue
  readonly errorCode?: string
}
