import { DAY_MS, type EpochMs } from '@muster/shared/core'
import type { TenantSettings } from './model.ts'

/** How a device stands with the three rules that every tenant has without writing a policy. */
export interface BuiltInRules {
  readonly hasPolicy: boolean
  readonly isActive: boolean
  readonly userExists: boolean
  /** Silence until then makes the device inactive. */
  readonly activeUntilMs: EpochMs
}

/**
 * The built-in default policy: a compliance policy is assigned (or need not be), the device has been heard of within the
 * validity period, and its user exists. None of them has a grace period. Source: Intune, "Compliance policy settings".
 */
export function builtInRules(device: {
  readonly nowMs: EpochMs
  readonly lastSyncAtMs: EpochMs
  /** Compliance policies that the device should hold. */
  readonly policies: number
  readonly userExists: boolean
  readonly settings: TenantSettings
}): BuiltInRules {
  const { secureByDefault, deviceComplianceCheckinThresholdDays } = device.settings
  const activeUntilMs = device.lastSyncAtMs + deviceComplianceCheckinThresholdDays * DAY_MS
  return {
    hasPolicy: device.policies > 0 || !secureByDefault,
    isActive: device.nowMs < activeUntilMs,
    userExists: device.userExists,
    activeUntilMs,
  }
}
