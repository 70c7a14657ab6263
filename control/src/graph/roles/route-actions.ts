import type { RemoteActionName } from '@muster/shared/contracts'
import { type ResourceAction, resourceAction, resourceActions } from '../../domain/intune-roles/actions.ts'

/** A route, as far as roles care: `POST /deviceManagement/managedDevices/{id}/wipe`. */
export interface Operation {
  readonly method: string
  /** Below the version, `{…}` for ids. */
  readonly path: string
}

/** Resources of roles, and the collections that belong to each; the longest path decides. */
const resources: Readonly<Record<string, readonly string[]>> = {
  ManagedDevices: [
    ...below('deviceManagement', 'managedDevices', 'comanagedDevices', 'comanagementEligibleDevices', 'detectedApps'),
    ...below('deviceManagement', 'managedDeviceOverview', 'managedDeviceEncryptionStates', 'managedDeviceCleanupRules'),
    ...below('deviceManagement', 'deviceCategories', 'remoteActionAudits', 'reports', 'monitoring', 'autopilotEvents'),
    ...below('deviceManagement', 'troubleshootingEvents', 'mobileAppTroubleshootingEvents', 'iosUpdateStatuses'),
    ...below('deviceManagement', 'macOSSoftwareUpdateAccountSummaries', 'softwareUpdateStatusSummary'),
    ...below('deviceManagement', 'hardwarePasswordDetails', 'hardwarePasswordInfo', 'cloudPCConnectivityIssues'),
    ...below('users/{id}', 'managedDevices', 'deviceManagementTroubleshootingEvents'),
    ...below('deviceManagement', 'virtualEndpoint', 'managedDeviceWindowsOSImages', 'chromeOSOnboardingSettings'),
  ],
  DeviceCompliancePolices: [
    ...below('deviceManagement', 'deviceCompliancePolicies', 'compliancePolicies', 'deviceComplianceScripts'),
    ...below('deviceManagement', 'complianceSettings', 'complianceCategories', 'notificationMessageTemplates'),
    ...below('deviceManagement', 'deviceCompliancePolicyDeviceStateSummary', 'conditionalAccessSettings'),
    ...below('deviceManagement', 'deviceCompliancePolicySettingStateSummaries'),
  ],
  DeviceConfigurations: [
    ...below('deviceManagement', 'deviceConfigurations', 'configurationPolicies', 'configurationSettings'),
    ...below('deviceManagement', 'configurationCategories', 'configurationPolicyTemplates', 'reusableSettings'),
    ...below('deviceManagement', 'reusablePolicySettings', 'resourceAccessProfiles', 'hardwareConfigurations'),
    ...below('deviceManagement', 'deviceManagementScripts', 'deviceShellScripts', 'deviceHealthScripts'),
    ...below('deviceManagement', 'deviceCustomAttributeShellScripts', 'embeddedSIMActivationCodePools'),
    ...below('deviceManagement', 'groupPolicyConfigurations', 'groupPolicyDefinitions', 'groupPolicyCategories'),
    ...below('deviceManagement', 'groupPolicyDefinitionFiles', 'groupPolicyUploadedDefinitionFiles'),
    ...below('deviceManagement', 'groupPolicyMigrationReports', 'groupPolicyObjectFiles', 'settingDefinitions'),
    ...below('deviceManagement', 'templateSettings', 'templateInsights', 'categories', 'userPfxCertificates'),
    ...below('deviceManagement', 'windowsDriverUpdateProfiles', 'windowsFeatureUpdateProfiles'),
    ...below('deviceManagement', 'windowsQualityUpdatePolicies', 'windowsQualityUpdateProfiles'),
    ...below('deviceManagement', 'windowsUpdateCatalogItems', 'zebraFotaArtifacts', 'zebraFotaConnector'),
    ...below('deviceManagement', 'zebraFotaDeployments', 'deviceConfigurationConflictSummary', 'derivedCredentials'),
    ...below('deviceManagement', 'deviceConfigurationDeviceStateSummaries', 'deviceConfigurationUserStateSummaries'),
    ...below('deviceManagement', 'deviceConfigurationRestrictedAppsViolations', 'elevationRequests'),
    ...below('deviceManagement', 'deviceConfigurationsAllManagedDeviceCertificateStates'),
    ...below('deviceManagement', 'privilegeManagementElevations', 'endpointPrivilegeManagementProvisioningStatus'),
    ...below('deviceManagement', 'androidForWorkAppConfigurationSchemas', 'cartToClassAssociations'),
    ...below('deviceManagement', 'exchangeOnPremisesPolicies', 'exchangeOnPremisesPolicy', 'configManagerCollections'),
    ...below('deviceManagement', 'windowsInformationProtectionAppLearningSummaries'),
    ...below('deviceManagement', 'windowsInformationProtectionNetworkLearningSummaries'),
  ],
  SecurityBaselines: below('deviceManagement', 'intents', 'templates'),
  EndpointProtection: [
    ...below('deviceManagement', 'windowsMalwareInformation', 'advancedThreatProtectionOnboardingStateSummary'),
  ],
  AssignmentFilter: below('deviceManagement', 'assignmentFilters', 'evaluateAssignmentFilter'),
  Roles: [
    ...below('deviceManagement', 'roleDefinitions', 'roleAssignments', 'roleScopeTags', 'resourceOperations'),
    ...below('deviceManagement', 'tenantAttachRBAC'),
    ...below('roleManagement/deviceManagement', 'roleDefinitions', 'roleAssignments'),
  ],
  Audit: below('deviceManagement', 'auditEvents'),
  EnrollmentProgramToken: [
    ...below('deviceManagement', 'depOnboardingSettings', 'windowsAutopilotDeploymentProfiles'),
    ...below('deviceManagement', 'windowsAutopilotDeviceIdentities', 'windowsAutopilotSettings'),
    ...below('deviceManagement', 'importedWindowsAutopilotDeviceIdentities'),
  ],
  AppleEnrollmentProfiles: below('deviceManagement', 'appleUserInitiatedEnrollmentProfiles'),
  CorporateDeviceIdentifier: below('deviceManagement', 'importedDeviceIdentities'),
  AndroidSync: [
    ...below('deviceManagement', 'androidDeviceOwnerEnrollmentProfiles', 'androidForWorkEnrollmentProfiles'),
    ...below('deviceManagement', 'androidForWorkSettings', 'androidManagedStoreAccountEnterpriseSettings'),
    ...below('deviceManagement', 'androidManagedStoreAppConfigurationSchemas'),
  ],
  TermsAndConditions: below('deviceManagement', 'termsAndConditions'),
  CustomizationBranding: below('deviceManagement', 'intuneBrandingProfiles'),
  CertificateConnector: [
    ...below('deviceManagement', 'ndesConnectors', 'certificateConnectorDetails', 'domainJoinConnectors'),
  ],
  CloudPki: [...below('deviceManagement', 'cloudCertificationAuthority', 'cloudCertificationAuthorityLeafCertificate')],
  MicrosoftTunnel: [
    ...below('deviceManagement', 'microsoftTunnelConfigurations', 'microsoftTunnelHealthThresholds'),
    ...below('deviceManagement', 'microsoftTunnelServerLogCollectionResponses', 'microsoftTunnelSites'),
  ],
  MobileThreatDefense: below('deviceManagement', 'mobileThreatDefenseConnectors'),
  MultiAdminApproval: below('deviceManagement', 'operationApprovalPolicies', 'operationApprovalRequests'),
  PartnerDeviceManagement: [
    ...below('deviceManagement', 'deviceManagementPartners', 'complianceManagementPartners', 'exchangeConnectors'),
    ...below('deviceManagement', 'serviceNowConnections'),
  ],
  RemoteAssistance: below('deviceManagement', 'remoteAssistancePartners', 'remoteAssistanceSettings'),
  Organization: [
    'deviceManagement',
    'deviceAppManagement',
    ...below('deviceManagement', 'deviceEnrollmentConfigurations', 'applePushNotificationCertificate'),
    ...below('deviceManagement', 'dataSharingConsents', 'subscriptionState', 'settings'),
  ],
  MobileApps: [
    ...below('deviceAppManagement', 'mobileApps', 'mobileAppCategories', 'mobileAppRelationships'),
    ...below('deviceAppManagement', 'mobileAppCatalogPackages', 'mobileAppConfigurations', 'managedEBooks'),
    ...below('deviceAppManagement', 'managedEBookCategories', 'vppTokens', 'enterpriseCodeSigningCertificates'),
    ...below('deviceAppManagement', 'iosLobAppProvisioningConfigurations', 'symantecCodeSigningCertificate'),
    ...below('deviceAppManagement', 'wdacSupplementalPolicies', 'windowsManagementApp'),
  ],
  ManagedApps: [
    ...below('deviceAppManagement', 'androidManagedAppProtections', 'iosManagedAppProtections'),
    ...below('deviceAppManagement', 'windowsManagedAppProtections', 'defaultManagedAppProtections'),
    ...below('deviceAppManagement', 'managedAppPolicies', 'managedAppRegistrations', 'managedAppStatuses'),
    ...below('deviceAppManagement', 'targetedManagedAppConfigurations', 'mdmWindowsInformationProtectionPolicies'),
    ...below('deviceAppManagement', 'windowsInformationProtectionPolicies'),
    ...below('deviceAppManagement', 'windowsInformationProtectionDeviceRegistrations'),
    ...below('deviceAppManagement', 'windowsInformationProtectionWipeActions'),
    ...below('users/{id}', 'managedAppRegistrations', 'managedAppPolicies'),
  ],
  PolicySets: below('deviceAppManagement', 'policySets'),
  SecurityTasks: below('deviceAppManagement', 'deviceAppManagementTasks'),
}

/** Remote actions by the role's name for each. */
const remoteTasks: Readonly<Record<Exclude<RemoteActionName, 'delete'>, string>> = {
  syncDevice: 'SyncDevice',
  retire: 'Retire',
  wipe: 'Wipe',
  rebootNow: 'RebootNow',
  shutDown: 'ShutDown',
  remoteLock: 'RemoteLock',
  resetPasscode: 'ResetPasscode',
  setDeviceName: 'SetDeviceName',
  locateDevice: 'LocateDevice',
  enableLostMode: 'EnableLostMode',
  disableLostMode: 'DisableLostMode',
  playLostModeSound: 'PlaySoundToLocateLostDevice',
  bypassActivationLock: 'BypassActivationLock',
  logoutSharedAppleDeviceActiveUser: 'LogoutSharedAppleDeviceActiveUser',
  cleanWindowsDevice: 'CleanPC',
  rotateBitLockerKeys: 'RotateBitLockerKeys',
  rotateFileVaultKey: 'RotateFileVaultKey',
  windowsDefenderScan: 'WindowsDefender',
  windowsDefenderUpdateSignatures: 'WindowsDefender',
}

/** What a remote action asks for. */
export const remoteTaskAction = (name: RemoteActionName): ResourceAction =>
  name === 'delete' ? resourceAction('ManagedDevices', 'Delete') : resourceAction('RemoteTasks', remoteTasks[name])

const DEVICES = 'deviceManagement/managedDevices'
const POLICIES = 'deviceManagement/deviceCompliancePolicies'
const REPORTS = 'deviceManagement/reports'

/** Every action that lets somebody see reports: which one a report asks for is known by its name. */
const viewing: readonly ResourceAction[] = resourceActions
  .filter(({ action, resource }) => action === 'ViewReports' || (resource === 'ManagedApps' && action === 'Read'))
  .map(({ id }) => id)

/** What asks for something else than its collection; `METHOD path`. An empty list is for everybody who may sign in. */
const exceptions: Readonly<Record<string, readonly ResourceAction[]>> = {
  ...Object.fromEntries(
    Object.keys(remoteTasks).map((name) => [
      `POST ${DEVICES}/{}/${name}`.toLowerCase(),
      [remoteTaskAction(name as RemoteActionName)],
    ]),
  ),
  [`post ${DEVICES}/executeaction`.toLowerCase()]: [
    ...new Set(([...Object.keys(remoteTasks), 'delete'] as RemoteActionName[]).map(remoteTaskAction)),
  ],
  [`post ${DEVICES}/{}/createDeviceLogCollectionRequest`.toLowerCase()]: [
    resourceAction('RemoteTasks', 'CollectDiagnostics'),
  ],
  [`get ${POLICIES}/getdevicesscheduledtoretire`.toLowerCase()]: [resourceAction('ManagedDevices', 'Read')],
  [`post ${POLICIES}/setscheduledretirestate`.toLowerCase()]: [resourceAction('RemoteTasks', 'Retire')],
  ...Object.fromEntries(
    ['get', 'post'].flatMap((method) => [[`${method} ${REPORTS}/exportjobs`.toLowerCase(), viewing]]),
  ),
  ...Object.fromEntries(
    ['get', 'delete'].flatMap((method) => [[`${method} ${REPORTS}/exportjobs/{}`.toLowerCase(), viewing]]),
  ),
  // What one may do, one may ask.
  'get devicemanagement/geteffectivepermissions': [],
  "get devicemanagement/geteffectivepermissions(scope='{}')": [],
  "get devicemanagement/scopedforresource(resource='{}')": [],
  'get devicemanagement/resourceoperations': [],
  'get devicemanagement/resourceoperations/{}': [],
  'get devicemanagement/resourceoperations/{}/getscopesforuser': [],
  "get devicemanagement/resourceoperations/{}/getscopesforuser(userid='{}')": [resourceAction('Roles', 'Read')],
  'get devicemanagement/rolescopetags': [],
  'get devicemanagement/rolescopetags/{}': [],
  'post devicemanagement/rolescopetags/getrolescopetagsbyid': [],
  'post devicemanagement/roleassignments': [resourceAction('Roles', 'Assign')],
  'patch devicemanagement/roleassignments/{}': [resourceAction('Roles', 'Assign')],
  'delete devicemanagement/roleassignments/{}': [resourceAction('Roles', 'Assign')],
}

function below(root: string, ...names: readonly string[]): readonly string[] {
  return names.map((name) => `${root}/${name}`)
}

/** Without the slash before it, ids as `{}`, in lower case. */
const plain = (path: string): string =>
  path
    .slice(1)
    .replaceAll(/\{[^}]*\}/g, '{}')
    .toLowerCase()

const byPath = new Map(
  Object.entries(resources).flatMap(([resource, paths]) => paths.map((path) => [plain(`/${path}`), resource] as const)),
)

/** Its collections are many, and of one name. */
const ANALYTICS = /^devicemanagement\/userexperienceanalytics\w*$/

const known: ReadonlySet<string> = new Set(resourceActions.map(({ id }) => id))

/** What a verb is called, in order of preference: not every resource tells all of them apart. */
const words = {
  read: ['Read'],
  report: ['ViewReports', 'Read'],
  create: ['Create', 'Modify', 'Update', 'UpdateEnrollmentProfiles'],
  update: ['Update', 'Modify', 'UpdateEnrollmentProfiles'],
  delete: ['Delete', 'Modify', 'Update', 'UpdateEnrollmentProfiles'],
  assign: ['Assign', 'Update', 'Modify', 'UpdateEnrollmentProfiles'],
} as const

/**
 * What a route asks of a role: one of these actions is enough. Undefined where no role speaks of it, which is refused to
 * everybody who comes by a role.
 */
export function actionsOf({ method, path }: Operation): readonly ResourceAction[] | undefined {
  // A device asks for the same below its user as it does by itself.
  const asked = plain(path).replace(/^users\/\{\}\/manageddevices/, DEVICES.toLowerCase())
  // A report says what it needs.
  if (/^devicemanagement\/reports\/get\w+report$/.test(asked)) return viewing
  const exception = exceptions[`${method.toLowerCase()} ${asked}`]
  if (exception) return exception
  const found = resourceAt(asked)
  if (!found) return undefined
  const verb = verbOf(method, found.rest)
  const action = words[verb].map((word) => resourceAction(found.resource, word)).find((id) => known.has(id))
  return action && [action]
}

function resourceAt(asked: string): { readonly resource: string; readonly rest: readonly string[] } | undefined {
  const segments = asked.split('/')
  for (let length = segments.length; length > 0; length--) {
    const path = segments.slice(0, length).join('/')
    const resource = byPath.get(path) ?? (ANALYTICS.test(path) ? 'EndpointAnalytics' : undefined)
    // The services themselves have settings; what no collection claims is not theirs.
    if (resource !== undefined && (length > 1 || segments.length === 1))
      return { resource, rest: segments.slice(length) }
  }
  return undefined
}

/** What is done, by what follows the collection in the path: nothing, an id, and what lies below that. */
function verbOf(method: string, rest: readonly string[]): keyof typeof words {
  if (method === 'GET') return rest.some((segment) => /statuses$|statusoverview$/.test(segment)) ? 'report' : 'read'
  const last = rest.at(-1) ?? ''
  if (last === 'assign' || rest[1] === 'assignments') return 'assign'
  if (method !== 'POST') return method === 'DELETE' && rest.length === 1 ? 'delete' : 'update'
  if (rest.length === 0) return 'create'
  if (last === 'import' || last === 'createcopy' || last === 'createinstance') return 'create'
  if (/^get.*report$/.test(last)) return 'report'
  return /^(get|validate|evaluate)/.test(last) ? 'read' : 'update'
}

/** The action that lets somebody read what another action of the same resource is done with. */
export const readingFor = (action: string): string =>
  /_RemoteTasks_/.test(action) ? resourceAction('ManagedDevices', 'Read') : action.replace(/_[A-Za-z]+$/, '_Read')
