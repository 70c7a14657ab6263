import type { AmapiItem, AmapiResult } from '@muster/shared/contracts'

type Detail = Omit<AmapiResult, 'itemId' | 'protocol'>

export const result = (item: { readonly itemId: string }, more: Detail = {}): AmapiResult => ({
  itemId: item.itemId,
  protocol: 'amapi',
  ...more,
})

/** A detail of noncompliance: why a field of the policy is not in force. */
export const notInForce = (
  item: Pick<AmapiItem, 'itemId' | 'settingName' | 'fieldPath'>,
  nonComplianceReason: NonNullable<AmapiResult['nonComplianceReason']>,
  more: Detail = {},
): AmapiResult =>
  result(item, {
    nonComplianceReason,
    settingName: item.settingName,
    ...(item.fieldPath === undefined ? {} : { fieldPath: item.fieldPath }),
    ...more,
  })
