import { type ResourceAction, resourceActions } from './actions.ts'

/** A role: a name for a set of actions. Built-in ones never change. */
export interface RoleDefinition {
  readonly id: string
  readonly displayName: string
  readonly description: string
  readonly isBuiltIn: boolean
  readonly allowed: readonly string[]
}

const allOf = (...resources: readonly string[]): readonly ResourceAction[] =>
  resourceActions.filter(({ resource }) => resources.includes(resource)).map(({ id }) => id)

const reading: readonly ResourceAction[] = resourceActions
  .filter(({ action }) => action === 'Read' || action === 'ViewReports')
  .map(({ id }) => id)

const readingOf = (...resources: readonly string[]): readonly ResourceAction[] =>
  allOf(...resources).filter((id) => reading.includes(id))

const directory = readingOf('Organization', 'Audit', 'AssignmentFilter')

/** Intune's roles (https://learn.microsoft.com/mem/intune/fundamentals/role-based-access-control), by their fixed ids. */
export const builtInRoles: readonly RoleDefinition[] = [
  {
    id: '0bd113fe-6be5-400c-a28f-ae5553f9c0be',
    displayName: 'Policy and Profile manager',
    description: 'Manages compliance policies, configuration profiles, enrolment profiles and corporate identifiers.',
    isBuiltIn: true,
    allowed: [
      ...directory,
      ...allOf(
        'DeviceCompliancePolices',
        'DeviceConfigurations',
        'AssignmentFilter',
        'AppleEnrollmentProfiles',
        'CorporateDeviceIdentifier',
        'PolicySets',
        'SecurityBaselines',
      ),
      ...readingOf('ManagedDevices', 'Roles'),
    ],
  },
  {
    id: '9e0cc482-82df-4ab2-a24c-0c23a3f52e1e',
    displayName: 'Help Desk Operator',
    description: 'Helps users and devices with remote tasks, and assigns apps and policies to them.',
    isBuiltIn: true,
    allowed: [
      ...reading,
      ...allOf('RemoteTasks').filter((id) => !/_(CleanPC|UpdateDeviceAccount)$/.test(id)),
      'Microsoft.Intune_ManagedDevices_Update',
      'Microsoft.Intune_ManagedDevices_Delete',
      'Microsoft.Intune_ManagedDevices_SetPrimaryUser',
      'Microsoft.Intune_ManagedApps_Assign',
      'Microsoft.Intune_ManagedApps_Wipe',
      'Microsoft.Intune_MobileApps_Assign',
    ],
  },
  {
    id: 'c1d9fcbb-cba5-40b0-bf6b-527006585f4b',
    displayName: 'Application Manager',
    description: 'Manages mobile and managed apps, and reads devices and configuration.',
    isBuiltIn: true,
    allowed: [
      ...directory,
      ...allOf('MobileApps', 'ManagedApps', 'PolicySets'),
      ...readingOf('ManagedDevices', 'DeviceConfigurations', 'AndroidSync'),
    ],
  },
  {
    id: 'c56d53a2-73d0-4502-b6bd-4a9d3dba28d5',
    displayName: 'Endpoint Security Manager',
    description: 'Manages security and compliance: baselines, compliance, conditional access and Defender.',
    isBuiltIn: true,
    allowed: [
      ...reading,
      ...allOf('DeviceCompliancePolices', 'SecurityBaselines'),
      'Microsoft.Intune_RemoteTasks_WindowsDefender',
      'Microsoft.Intune_RemoteTasks_RebootNow',
      'Microsoft.Intune_RemoteTasks_RotateBitLockerKeys',
      'Microsoft.Intune_RemoteTasks_SyncDevice',
      'Microsoft.Intune_ManagedDevices_Update',
    ],
  },
  {
    id: 'fa1d7878-e8cb-41a1-8254-0142355c9f84',
    displayName: 'Read Only Operator',
    description: 'Reads users, devices, enrolment, configuration and apps.',
    isBuiltIn: true,
    allowed: reading,
  },
  {
    id: '2f9f4f7e-2d13-427b-adf2-361a1eef7ae8',
    displayName: 'School Administrator',
    description: 'Manages apps, settings and devices of a school.',
    isBuiltIn: true,
    allowed: [
      ...reading,
      ...allOf(
        'RemoteTasks',
        'MobileApps',
        'ManagedApps',
        'DeviceConfigurations',
        'ManagedDevices',
        'AppleEnrollmentProfiles',
      ),
    ],
  },
  {
    id: '526c8a4b-8dbb-49fa-b2a0-0cd1b7b5f6b5',
    displayName: 'Intune Role Administrator',
    description: 'Manages custom roles, and assigns roles.',
    isBuiltIn: true,
    allowed: [...directory, ...allOf('Roles')],
  },
]
