/** Who may read and write what lies where: most specific path first. */
interface Area {
  /** Path of a collection or of what lies above it, in Graph's spelling. */
  readonly path: string
  readonly roles: Roles
}

/** Application roles that reading and writing ask for. */
interface Roles {
  readonly read: string
  readonly write: string
}

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

const area = (roles: Roles, ...paths: readonly string[]): readonly Area[] => paths.map((path) => ({ path, roles }))

const below = (root: string, ...names: readonly string[]): readonly string[] => names.map((name) => `${root}/${name}`)

const areas: readonly Area[] = [
  ...area(
    SCRIPTS,
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
    ...below('deviceManagement', 'roleDefinitions', 'roleScopeTags', 'roleAssignments', 'resourceOperations'),
  ),
  ...area(
    SERVICE,
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
  ...area(SERVICE, 'deviceManagement/depOnboardingSettings'),
  ...area(APPS, 'deviceAppManagement'),
  ...area(CONDITIONAL_ACCESS, 'identity'),
  ...area(CONFIGURATION, 'deviceManagement'),
]

/** Who may read and write a collection below `deviceManagement`, `deviceAppManagement` or `identity`. */
export function rolesAt(collection: string): Roles {
  return areas.find(({ path }) => collection === path || collection.startsWith(`${path}/`))?.roles ?? CONFIGURATION
}

/** Every application role that stored objects ask for. */
export const storedRoles: readonly string[] = [...new Set(areas.flatMap(({ roles }) => [roles.read, roles.write]))]
