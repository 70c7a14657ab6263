/*
 * How much of Graph the model holds: what can be reached from the areas that are served, without the neighbouring products
 * (mail, files, chats, meetings, learning) that a user or a group leads to.
 */

/** Entity sets and singletons that are served, with their types. */
export const roots: Readonly<Record<string, string>> = {
  admin: 'admin',
  agreementAcceptances: 'agreementAcceptance',
  agreements: 'agreement',
  applications: 'application',
  auditLogs: 'auditLogRoot',
  contracts: 'contract',
  deviceAppManagement: 'deviceAppManagement',
  deviceManagement: 'deviceManagement',
  devices: 'device',
  directory: 'directory',
  directoryObjects: 'directoryObject',
  directoryRoleTemplates: 'directoryRoleTemplate',
  directoryRoles: 'directoryRole',
  domains: 'domain',
  groups: 'group',
  identity: 'identityContainer',
  informationProtection: 'informationProtection',
  me: 'user',
  oauth2PermissionGrants: 'oAuth2PermissionGrant',
  organization: 'organization',
  policies: 'policyRoot',
  reports: 'reportRoot',
  roleManagement: 'roleManagement',
  servicePrincipals: 'servicePrincipal',
  subscribedSkus: 'subscribedSku',
  subscriptions: 'subscription',
  users: 'user',
}

/** Of the roots, those that are one entity and no set. */
export const singletons: ReadonlySet<string> = new Set([
  'admin',
  'auditLogs',
  'deviceAppManagement',
  'deviceManagement',
  'directory',
  'identity',
  'informationProtection',
  'me',
  'policies',
  'reports',
  'roleManagement',
])

/** Types that only actions and functions name. */
export const named: readonly string[] =
  `appLogCollectionDownloadDetails assignmentOrder authenticationStrengthUsage bulkManagedDeviceActionResult
   cloudPcLaunchDetail cloudPcSourceDeviceImage configManagerPolicySummary deviceManagementExchangeConnectorSyncType
   fileEncryptionInfo managedAppDiagnosticStatus passwordResetResponse report
   retireScheduledManagedDevice selfSignedCertificate signInConditions signInContext signInIdentity
   targetedManagedAppGroupType updateAllowedCombinationsResult
   updateWindowsDeviceAccountActionParameter userExperienceAnalyticsWorkFromAnywhereDevicesSummary
   userRegistrationFeatureSummary userRegistrationMethodSummary`.split(/\s+/)

/** Entity types that are left out, with every property that leads to them. */
export const leftOut: ReadonlySet<string> = new Set(
  `accessReviewInstance adhocCall aiUser backupRestoreRoot calendar calendarGroup channel chat cloudCommunications contact
   contactFolder conversation conversationThread drive employeeExperienceUser event inferenceClassification informationProtectionLabel
   itemInsights mailFolder mailbox message officeGraphInsights onenote onlineMeeting outlookUser person planner plannerGroup
   plannerUser post presence printerShare profile sharedDriveItem site team todo userActivity userAnalytics
   userDataSecurityAndGovernance userInsightsRoot userInsightsSettings userPrint userSettings userSolutionRoot userTeamwork
   userVirtualEventsRoot`.split(/\s+/),
)
