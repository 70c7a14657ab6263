/** What writes of a collection answer with when they succeed. */
export interface WriteStatuses {
  readonly create: number
  /** PATCH: with the entity, or 204. */
  readonly patch: number
  /** PUT of a whole. */
  readonly replace: number
  readonly remove: number
  readonly assign: number
}

/** Of collections that are not named below. */
const usual: WriteStatuses = { create: 201, patch: 200, replace: 204, remove: 200, assign: 200 }

const apps = (...names: readonly string[]) => names.map((name) => `deviceAppManagement/${name}`)
const devices = (...names: readonly string[]) => names.map((name) => `deviceManagement/${name}`)

/**
 * Where the services that stand behind Graph answer otherwise, as clients that restore whole tenants expect it; what lies below
 * a path answers alike. The most specific path comes first.
 */
const table: readonly (readonly [paths: readonly string[], Partial<WriteStatuses>])[] = [
  [devices('deviceConfigurations', 'deviceCompliancePolicies', 'compliancePolicies'), { patch: 204 }],
  [devices('configurationPolicies', 'reusablePolicySettings', 'depOnboardingSettings'), { patch: 204 }],
  [devices('roleDefinitions', 'roleScopeTags', 'notificationMessageTemplates', 'roleAssignments'), { create: 200 }],
  [devices('groupPolicyConfigurations', 'intents'), { assign: 204 }],
  [devices('managedDevices'), { patch: 204, remove: 204 }],
  [apps('windowsInformationProtectionPolicies'), { remove: 204, assign: 204 }],
  [
    apps(
      'androidManagedAppProtections',
      'iosManagedAppProtections',
      'windowsManagedAppProtections',
      'defaultManagedAppProtections',
      'targetedManagedAppConfigurations',
      'managedAppPolicies',
      'mdmWindowsInformationProtectionPolicies',
    ),
    { patch: 204, remove: 204, assign: 204 },
  ],
  [apps('mobileAppConfigurations'), { patch: 204 }],
  [['deviceAppManagement'], { remove: 204 }],
  [['identity'], { patch: 204, remove: 204 }],
]

/** Of a collection in Graph's spelling: `deviceManagement/deviceShellScripts`. */
export function statusesOf(collection: string): WriteStatuses {
  const found = table.find(([paths]) => paths.some((path) => collection === path || collection.startsWith(`${path}/`)))
  return { ...usual, ...found?.[1] }
}
