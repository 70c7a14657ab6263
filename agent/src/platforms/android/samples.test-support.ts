import type { AmapiItem, PolicyItem } from '@muster/shared/contracts'
import { fields } from './fields.ts'

const values = [
  true,
  4,
  'COMPLEXITY_LOW',
  'CAMERA_ACCESS_DISABLED',
  'DISALLOW_INSTALL',
  'DEVELOPER_SETTINGS_DISABLED',
  'VERIFY_APPS_ENFORCED',
  'DISALLOW_USB_FILE_TRANSFER',
  'ULTRA_WIDEBAND_DISABLED',
  'LOCATION_ENFORCED',
  'AUTOMATIC',
  'Office',
] as const

export const field = (path: string, value: AmapiItem['value']): AmapiItem => ({
  itemId: path,
  covers: ['sample'],
  protocol: 'amapi',
  settingName: path.split('.')[0] as string,
  fieldPath: path.replace('passwordPolicies.', 'passwordPolicies[0].'),
  value,
})

export const application = (packageName: string, installType = 'FORCE_INSTALLED'): AmapiItem => ({
  ...field('applications', { packageName, installType }),
  itemId: packageName,
  fieldPath: 'applications[0].installType',
})

/** One item for each field, with a value that it takes, and apps. */
export const samples: readonly PolicyItem[] = [
  ...[...fields].map(([path, { accepts }]) => field(path, values.find(accepts) ?? null)),
  application('com.example.required'),
  application('com.example.blocked', 'BLOCKED'),
]
