import type { AppleDdmItem, AppleMdmItem, PolicyItem } from '@muster/shared/contracts'
import {
  ACTIVATION,
  DISK_MANAGEMENT,
  PASSCODE,
  STATUS_SUBSCRIPTIONS,
  UPDATE_ENFORCEMENT,
  UPDATE_SETTINGS,
} from './declaration-catalogue.ts'
import type { Dictionary, Json } from './payload.ts'
import { FILEVAULT, FIREWALL, GATEKEEPER, RESTRICTIONS } from './profile-payloads.ts'

/** A declaration as the control service would send it. */
export const declaration = (type: string, payload: Dictionary, name = 'one'): AppleDdmItem => ({
  itemId: name,
  covers: ['setting'],
  protocol: 'apple-ddm',
  type,
  identifier: `test.${name}`,
  serverToken: 'token',
  payload: payload as AppleDdmItem['payload'],
})

/** The activation that puts declarations in force. */
export const activation = (...declarations: readonly AppleDdmItem[]): AppleDdmItem =>
  declaration(ACTIVATION, { StandardConfigurations: declarations.map(({ identifier }) => identifier) }, 'activation')

export const command = (requestType: string, payload?: Dictionary): AppleMdmItem => ({
  itemId: requestType,
  covers: ['setting'],
  protocol: 'apple-mdm',
  requestType,
  ...(payload ? { payload: payload as NonNullable<AppleMdmItem['payload']> } : {}),
})

export const profile = (type: string, keys: Record<string, Json>, identifier = 'test.profile'): AppleMdmItem =>
  command('InstallProfile', {
    Payload: {
      PayloadType: 'Configuration',
      PayloadVersion: 1,
      PayloadIdentifier: identifier,
      PayloadContent: [{ PayloadType: type, PayloadVersion: 1, ...keys }],
    },
  })

const passcode = declaration(PASSCODE, { RequirePasscode: true, MinimumLength: 6 })

/** One of everything that our devices know. */
export const samples: readonly PolicyItem[] = [
  activation(passcode),
  passcode,
  declaration(UPDATE_SETTINGS, { RecommendedCadence: 'Newest', Deferrals: { CombinedPeriodInDays: 7 } }),
  declaration(UPDATE_ENFORCEMENT, { TargetOSVersion: '26.2', TargetLocalDateTime: '2026-12-01T18:00:00' }),
  declaration(DISK_MANAGEMENT, { Restrictions: { ExternalStorage: 'ReadOnly' } }),
  declaration(STATUS_SUBSCRIPTIONS, {
    StatusItems: [{ Name: 'device.operating-system.version' }, { Name: 'passcode.is-present' }],
  }),
  profile(RESTRICTIONS, { allowCamera: false, allowAirDrop: false }),
  profile(FIREWALL, { EnableFirewall: true, EnableStealthMode: true }),
  profile(GATEKEEPER, { EnableAssessment: true, AllowIdentifiedDevelopers: true }),
  profile(FILEVAULT, { Enable: 'On', Defer: true }),
  command('SecurityInfo'),
  command('ProfileList'),
  command('DeviceInformation', {
    Queries: ['OSVersion', 'UDID', 'IsSupervised', 'BatteryLevel'],
  }),
  command('ManagedApplicationFeedback', {
    Identifiers: ['com.microsoft.CompanyPortal', 'com.microsoft.CompanyPortalMac'],
  }),
  command('Settings', {
    Settings: [
      { Item: 'TimeZone', TimeZone: 'Europe/Oslo' },
      { Item: 'DataRoaming', Enabled: false },
    ],
  }),
]
