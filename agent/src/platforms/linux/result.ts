import type { LinuxResult } from '@muster/shared/contracts'

/** The client's error codes. Source: Intune, custom compliance settings, troubleshooting. */
export const errorCode = {
  badValue: 400,
  unknownSetting: 404,
  scriptFailed: 65_007,
  missingInScriptResult: 65_008,
  invalidJson: 65_009,
  invalidDataType: 65_010,
} as const

export const result = (
  item: { readonly itemId: string },
  state: LinuxResult['newComplianceState'],
  more: Partial<LinuxResult> = {},
): LinuxResult => ({
  itemId: item.itemId,
  protocol: 'linux',
  newComplianceState: state,
  ...more,
})
