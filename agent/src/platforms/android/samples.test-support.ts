import type { PolicyItem } from '@muster/shared/contracts'
import { fields } from './fields.ts'

const values = [
  true,
  4,
  'COMPLEXITY_LOW',
  'CAMERA_ACCESS_DISABLED',
  'DISALLOW_INSTALL',
  'AUTOMATIC',
  ['com.example.app'],
] as const

/** One item for each field, with a value that it takes. */
export const samples: readonly PolicyItem[] = [...fields].map(([settingName, field]) => ({
  itemId: settingName,
  covers: ['sample'],
  protocol: 'amapi',
  settingName,
  value: (values.find((value) => field.accepts(value)) as string | undefined) ?? null,
}))
