import type { PlatformName } from './platform.ts'
import type { PolicyKind } from './policy.ts'

/**
 * Which Graph resource carries a policy of a platform. `typed`: v1.0 resource with one property per setting. `catalog`:
 * beta resource with setting instances (`compliancePolicies`, `configurationPolicies`), which is all that Linux, tvOS and
 * visionOS have. One table for the Graph door and for its clients.
 */
export interface GraphPolicyType {
  readonly kind: PolicyKind
  readonly platforms: readonly PlatformName[]
  readonly resource:
    | 'deviceCompliancePolicies'
    | 'deviceConfigurations'
    | 'compliancePolicies'
    | 'configurationPolicies'
  /** `@odata.type` of a typed policy, or the `platforms` member of a catalogue policy. */
  readonly type: string
}

const typed = (kind: PolicyKind, type: string, ...platforms: PlatformName[]): GraphPolicyType => ({
  kind,
  platforms,
  resource: kind === 'compliance' ? 'deviceCompliancePolicies' : 'deviceConfigurations',
  type: `#microsoft.graph.${type}`,
})

const catalog = (kind: PolicyKind, type: string, ...platforms: PlatformName[]): GraphPolicyType => ({
  kind,
  platforms,
  resource: kind === 'compliance' ? 'compliancePolicies' : 'configurationPolicies',
  type,
})

/** The first entry for a platform and kind is the one that Muster's own tools write. */
export const graphPolicyTypes: readonly GraphPolicyType[] = [
  typed('compliance', 'windows10CompliancePolicy', 'windows'),
  typed('compliance', 'macOSCompliancePolicy', 'macOS'),
  typed('compliance', 'iosCompliancePolicy', 'iOS', 'iPadOS'),
  typed('compliance', 'androidDeviceOwnerCompliancePolicy', 'android'),
  typed('configuration', 'windows10GeneralConfiguration', 'windows'),
  typed('configuration', 'macOSGeneralDeviceConfiguration', 'macOS'),
  typed('configuration', 'iosGeneralDeviceConfiguration', 'iOS', 'iPadOS'),
  typed('configuration', 'androidDeviceOwnerGeneralDeviceConfiguration', 'android'),
  catalog('compliance', 'linux', 'linux'),
  catalog('compliance', 'tvOS', 'tvOS'),
  catalog('compliance', 'visionOS', 'visionOS'),
  catalog('configuration', 'linux', 'linux'),
  catalog('configuration', 'tvOS', 'tvOS'),
  catalog('configuration', 'visionOS', 'visionOS'),
  catalog('configuration', 'windows10', 'windows'),
  catalog('configuration', 'macOS', 'macOS'),
  catalog('configuration', 'iOS', 'iOS', 'iPadOS'),
  catalog('configuration', 'android', 'android'),
]

/** The resource that Muster's own tools use for a policy of this platform. */
export function graphPolicyTypeFor(kind: PolicyKind, platform: PlatformName): GraphPolicyType {
  const found = graphPolicyTypes.find((type) => type.kind === kind && type.platforms.includes(platform))
  if (!found) throw new Error(`no Graph resource for ${kind} policies of ${platform}`)
  return found
}
