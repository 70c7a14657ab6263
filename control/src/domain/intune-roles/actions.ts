/** What a role may be allowed to do, in Intune's names: `Microsoft.Intune_ManagedDevices_Read`. */
export type ResourceAction = `Microsoft.Intune_${string}_${string}`

export const resourceAction = (resource: string, action: string): ResourceAction =>
  `Microsoft.Intune_${resource}_${action}`

const managed = ['Read', 'Create', 'Update', 'Delete', 'Assign'] as const

/** Resources and what can be done with each. Some spellings are Intune's own. */
const resources: Readonly<Record<string, readonly string[]>> = {
  AndroidSync: ['Read', 'UpdateApps', 'UpdateEnrollmentProfiles', 'UpdateOnboarding'],
  AppleEnrollmentProfiles: ['Read', 'Create', 'Update', 'Delete', 'Assign'],
  AssignmentFilter: ['Read', 'Create', 'Update', 'Delete'],
  Audit: ['Read'],
  CertificateConnector: ['Read', 'Modify'],
  CloudAttach: ['Read'],
  CloudPki: ['Read', 'Modify'],
  CorporateDeviceIdentifier: ['Read', 'Create', 'Update', 'Delete'],
  CustomizationBranding: managed,
  DeviceCompliancePolices: [...managed, 'ViewReports'],
  DeviceConfigurations: [...managed, 'ViewReports'],
  DeviceEnrollmentManagers: ['Read', 'Update'],
  EndpointAnalytics: ['Read', 'Create', 'Update', 'Delete'],
  EndpointProtection: ['Read'],
  EnrollmentProgramToken: ['Read', 'Create', 'Update', 'Delete'],
  ManagedApps: [...managed, 'Wipe'],
  ManagedDevices: ['Read', 'Update', 'Delete', 'SetPrimaryUser', 'ViewReports'],
  MicrosoftTunnel: ['Read', 'Create', 'Update', 'Delete'],
  MobileApps: [...managed, 'Relate'],
  MobileThreatDefense: ['Read', 'Modify'],
  MultiAdminApproval: ['Read', 'Create', 'Update', 'Delete'],
  Organization: ['Read', 'Update', 'Delete'],
  PartnerDeviceManagement: ['Read', 'Modify'],
  PolicySets: managed,
  RemoteAssistance: ['Read', 'Modify'],
  Roles: managed,
  SecurityBaselines: managed,
  SecurityTasks: ['Read', 'Update'],
  TermsAndConditions: managed,
  RemoteTasks: [
    'Wipe',
    'Retire',
    'RemoteLock',
    'ResetPasscode',
    'RebootNow',
    'ShutDown',
    'SyncDevice',
    'LocateDevice',
    'EnableLostMode',
    'DisableLostMode',
    'PlaySoundToLocateLostDevice',
    'SetDeviceName',
    'CleanPC',
    'BypassActivationLock',
    'RotateBitLockerKeys',
    'RotateFileVaultKey',
    'WindowsDefender',
    'UpdateDeviceAccount',
    'RequestRemoteAssistance',
    'CollectDiagnostics',
    'DeleteUserFromSharedAppleDevice',
    'LogoutSharedAppleDeviceActiveUser',
    'CustomNotification',
  ],
}

/** Every action there is, in order of resource. */
export const resourceActions: readonly {
  readonly id: ResourceAction
  readonly resource: string
  readonly action: string
}[] = Object.entries(resources).flatMap(([resource, actions]) =>
  actions.map((action) => ({ id: resourceAction(resource, action), resource, action })),
)
