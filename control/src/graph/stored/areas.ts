/** Who may read and write what lies where, and what a write answers with: most specific path first. */
interface Area {
  /** Path of a collection or of what lies above it, in Graph's spelling. */
  readonly path: string
  readonly roles: Roles
  readonly statuses?: Partial<WriteStatuses>
}

/** Application roles that reading and writing ask for. */
interface Roles {
  readonly read: string
  readonly write: string
}

export interface WriteStatuses {
  readonly create: number
  readonly patch: number
  readonly remove: number
  readonly assign: number
}

const usual: WriteStatuses = { create: 201, patch: 200, remove: 200, assign: 200 }

const rolesOf = (permission: string): Roles => ({
  read: `${permission}.Read.All`,
  write: `${permission}.ReadWrite.All`,
})
const CONFIGURATION = rolesOf('DeviceManagementConfiguration')
const SERVICE = rolesOf('DeviceManagementServiceConfig')
const APPS = rolesOf('DeviceManagementApps')
const RBAC = rolesOf('DeviceManagementRBAC')
const SCRIPTS = rolesOf('DeviceManagementScripts')
const CONDITIONAL_ACCESS: Roles = { read: 'Policy.Read.All', write: 'Policy.ReadWrite.ConditionalAccess' }

const silent = { patch: 204 }
const protection = { patch: 204, remove: 204, assign: 204 }

const area = (roles: Roles, statuses: Partial<WriteStatuses>, ...paths: readonly string[]): readonly Area[] =>
  paths.map((path) => ({ path, roles, statuses }))

const below = (root: string, ...names: readonly string[]): readonly string[] => names.map((name) => `${root}/${name}`)

/** As clients expect them; see the table of verbs in the documentation of Graph's Intune resources. */
const areas: readonly Area[] = [
  ...area(
    SCRIPTS,
    {},
    ...below(
      'deviceManagement',
      'deviceManagementScripts',
      'deviceShellScripts',
      'deviceCustomAttributeShellScripts',
      'deviceHealthScripts',
      'deviceComplianceScripts',
    ),
  ),
  ...area(
    RBAC,
    { create: 200 },
    ...below('deviceManagement', 'roleDefinitions', 'roleScopeTags', 'roleAssignments', 'resourceOperations'),
  ),
  ...area(
    SERVICE,
    {},
    ...below(
      'deviceManagement',
      'windowsAutopilotDeploymentProfiles',
      'windowsAutopilotDeviceIdentities',
      'importedWindowsAutopilotDeviceIdentities',
      'importedDeviceIdentities',
      'termsAndConditions',
      'deviceCategories',
      'intuneBrandingProfiles',
      'androidDeviceOwnerEnrollmentProfiles',
      'androidForWorkEnrollmentProfiles',
      'appleUserInitiatedEnrollmentProfiles',
      'exchangeConnectors',
      'deviceManagementPartners',
      'mobileThreatDefenseConnectors',
      'complianceManagementPartners',
      'remoteAssistancePartners',
    ),
  ),
  ...area(SERVICE, silent, 'deviceManagement/depOnboardingSettings'),
  ...area(CONFIGURATION, { assign: 204 }, 'deviceManagement/groupPolicyConfigurations'),
  ...area(CONFIGURATION, { assign: 204 }, 'deviceManagement/intents'),
  ...area(CONFIGURATION, silent, 'deviceManagement/reusablePolicySettings'),
  ...area(APPS, silent, ...below('deviceAppManagement', 'mobileAppConfigurations')),
  ...area(
    APPS,
    protection,
    ...below(
      'deviceAppManagement',
      'androidManagedAppProtections',
      'iosManagedAppProtections',
      'windowsManagedAppProtections',
      'defaultManagedAppProtections',
      'targetedManagedAppConfigurations',
      'managedAppPolicies',
    ),
  ),
  ...area(APPS, { remove: 204 }, 'deviceAppManagement'),
  ...area(CONDITIONAL_ACCESS, { patch: 204, remove: 204 }, 'identity'),
  ...area(CONFIGURATION, {}, 'deviceManagement'),
]

/** Of a collection below `deviceManagement`, `deviceAppManagement` or `identity`. */
export function areaOf(collection: string): { readonly roles: Roles; readonly statuses: WriteStatuses } {
  const found = areas.find(({ path }) => collection === path || collection.startsWith(`${path}/`))
  return { roles: found?.roles ?? CONFIGURATION, statuses: { ...usual, ...found?.statuses } }
}

/** Every application role that stored objects ask for. */
export const storedRoles: readonly string[] = [...new Set(areas.flatMap(({ roles }) => [roles.read, roles.write]))]
