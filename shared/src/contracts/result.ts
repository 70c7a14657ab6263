import { z } from 'zod'

const outcome = { itemId: z.string().min(1).max(120) }

/** Windows: SyncML status for the command, and the node's value for a Get. 202 while a reboot or the user is awaited. */
export const OmaDmResult = z.object({
  ...outcome,
  protocol: z.literal('omadm'),
  status: z.number().int().min(200).max(599),
  data: z.union([z.string().max(8_192), z.number(), z.boolean()]).optional(),
})
export type OmaDmResult = z.infer<typeof OmaDmResult>

/** Apple: the answer to an MDM command. `NotNow` is no error: the device will ask again. */
export const AppleMdmResult = z.object({
  ...outcome,
  protocol: z.literal('apple-mdm'),
  status: z.enum(['Acknowledged', 'Error', 'CommandFormatError', 'NotNow']),
  response: z.record(z.string(), z.json()).optional(),
  errorChain: z
    .array(
      z.object({
        ErrorCode: z.number().int(),
        ErrorDomain: z.string().max(80),
        LocalizedDescription: z.string().max(300),
      }),
    )
    .max(10)
    .optional(),
})
export type AppleMdmResult = z.infer<typeof AppleMdmResult>

/** Apple: one line of the status item `management.declarations`. */
export const AppleDdmResult = z.object({
  ...outcome,
  protocol: z.literal('apple-ddm'),
  active: z.boolean(),
  valid: z.enum(['valid', 'invalid', 'unknown']),
  serverToken: z.string().max(80),
  reasons: z
    .array(
      z.object({
        code: z.string().max(120),
        description: z.string().max(300).optional(),
        details: z.record(z.string(), z.json()).optional(),
      }),
    )
    .max(20)
    .optional(),
  /** Status items that the declaration's settings are answered from, e.g. `passcode.is-compliant`. */
  statusItems: z.record(z.string(), z.json()).optional(),
})
export type AppleDdmResult = z.infer<typeof AppleDdmResult>

/**
 * Android: one `NonComplianceDetail` of the device's report, or, without a reason, word that the setting is in force. Members
 * and enum values as in the API.
 */
export const AmapiResult = z.object({
  ...outcome,
  protocol: z.literal('amapi'),
  nonComplianceReason: z
    .enum([
      'API_LEVEL',
      'MANAGEMENT_MODE',
      'USER_ACTION',
      'INVALID_VALUE',
      'APP_NOT_INSTALLED',
      'UNSUPPORTED',
      'APP_INSTALLED',
      'PENDING',
      'APP_INCOMPATIBLE',
      'APP_NOT_UPDATED',
      'DEVICE_INCOMPATIBLE',
    ])
    .optional(),
  /** Field of the policy, and the path within it where the field has parts. */
  settingName: z.string().max(120).optional(),
  fieldPath: z.string().max(200).optional(),
  packageName: z.string().max(200).optional(),
  installationFailureReason: z
    .enum([
      'IN_PROGRESS',
      'NOT_FOUND',
      'NOT_COMPATIBLE_WITH_DEVICE',
      'INSUFFICIENT_STORAGE',
      'NETWORK_ERROR_UNRELIABLE_CONNECTION',
    ])
    .optional(),
  specificNonComplianceReason: z.string().max(80).optional(),
  currentValue: z.json().optional(),
})
export type AmapiResult = z.infer<typeof AmapiResult>

/** Linux: the device judges the rule itself. */
export const LinuxResult = z.object({
  ...outcome,
  protocol: z.literal('linux'),
  newComplianceState: z.enum(['Compliant', 'NonCompliant', 'Error', 'Unknown']),
  actualValue: z.string().max(1_024).optional(),
  errorCode: z.number().int().optional(),
})
export type LinuxResult = z.infer<typeof LinuxResult>

/** How one policy item went, in the platform's own words. The control service translates. */
export const ItemResult = z.discriminatedUnion('protocol', [
  OmaDmResult,
  AppleMdmResult,
  AppleDdmResult,
  AmapiResult,
  LinuxResult,
])
export type ItemResult = z.infer<typeof ItemResult>
