/** A conditional access policy, as much of Graph's shape as decides; whatever is absent or empty asks for nothing. */
export interface AccessPolicy {
  readonly id: string
  readonly displayName?: string
  readonly state: 'enabled' | 'disabled' | 'enabledForReportingButNotEnforced'
  readonly conditions?: Conditions | null
  readonly grantControls?: GrantControls | null
  readonly sessionControls?: Readonly<Record<string, unknown>> | null
}

type Names = readonly string[] | null

export interface Conditions {
  readonly users?: {
    readonly includeUsers?: Names
    readonly excludeUsers?: Names
    readonly includeGroups?: Names
    readonly excludeGroups?: Names
    readonly includeRoles?: Names
    readonly excludeRoles?: Names
  } | null
  readonly applications?: {
    readonly includeApplications?: Names
    readonly excludeApplications?: Names
    readonly includeUserActions?: Names
    readonly includeAuthenticationContextClassReferences?: Names
  } | null
  readonly clientApplications?: {
    readonly includeServicePrincipals?: Names
    readonly excludeServicePrincipals?: Names
  } | null
  readonly platforms?: { readonly includePlatforms?: Names; readonly excludePlatforms?: Names } | null
  readonly locations?: { readonly includeLocations?: Names; readonly excludeLocations?: Names } | null
  readonly clientAppTypes?: Names
  readonly signInRiskLevels?: Names
  readonly userRiskLevels?: Names
  readonly servicePrincipalRiskLevels?: Names
  readonly insiderRiskLevels?: string | null
  readonly devices?: {
    readonly deviceFilter?: { readonly mode: 'include' | 'exclude'; readonly rule: string } | null
  } | null
  readonly authenticationFlows?: { readonly transferMethods?: string | null } | null
}

export interface GrantControls {
  readonly operator?: string | null
  readonly builtInControls?: Names
  readonly termsOfUse?: Names
  readonly customAuthenticationFactors?: Names
  readonly authenticationStrength?: unknown
}

/** A place that policies name: ranges of addresses, or countries. */
export interface NamedLocation {
  readonly id: string
  readonly isTrusted?: boolean
  readonly ipRanges?: readonly { readonly cidrAddress?: string }[]
  readonly countriesAndRegions?: readonly string[]
  readonly includeUnknownCountriesAndRegions?: boolean
}

/** Somebody who signs in to something. What is not known is absent. */
export interface SignIn {
  readonly who:
    | {
        readonly kind: 'user'
        readonly id: string
        readonly groupIds: readonly string[]
        readonly roleIds: readonly string[]
      }
    | { readonly kind: 'servicePrincipal'; readonly id: string }
  readonly what:
    | { readonly kind: 'applications'; readonly ids: readonly string[] }
    | { readonly kind: 'userAction'; readonly action: string }
    | { readonly kind: 'authenticationContext'; readonly value: string }
  readonly platform?: string
  readonly clientAppType?: string
  readonly ipAddress?: string
  readonly country?: string
  readonly signInRisk?: string
  readonly userRisk?: string
  readonly servicePrincipalRisk?: string
  readonly insiderRisk?: string
  /** Properties of the directory's device, by the names that device filters use. */
  readonly device?: Readonly<Record<string, string | number | boolean | readonly string[] | null>>
  readonly transferMethod?: string
}
