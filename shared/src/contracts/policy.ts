import { z } from 'zod'
import { Guid, Sha256Hex } from './ids.ts'
import { PlatformName } from './platform.ts'

/** A value that a setting may carry on the wire. */
export const SettingValue = z.union([
  z.boolean(),
  z.number(),
  z.string().max(8_192),
  z.array(z.string().max(1_024)).max(200),
])
export type SettingValue = z.infer<typeof SettingValue>

export const PolicyKind = z.enum(['compliance', 'configuration'])
export type PolicyKind = z.infer<typeof PolicyKind>

const item = {
  /** Unique within its policy body; results refer to it. */
  itemId: z.string().min(1).max(120),
  /** The settings (names as in Graph) that this item carries out or answers. */
  covers: z.array(z.string().min(1).max(120)).min(1).max(40),
}

/** Windows: one OMA-DM command on one CSP node (OMA-TS-DM_Protocol-V1_2 §6.6). `Get` answers a compliance rule. */
export const OmaDmItem = z.object({
  ...item,
  protocol: z.literal('omadm'),
  verb: z.enum(['Get', 'Add', 'Replace', 'Delete', 'Exec']),
  locUri: z.string().startsWith('./').max(400),
  format: z.enum(['int', 'chr', 'bool', 'b64', 'xml', 'null', 'node']).optional(),
  data: z.union([z.string().max(8_192), z.number(), z.boolean()]).optional(),
})
export type OmaDmItem = z.infer<typeof OmaDmItem>

/** Apple: one MDM command (`RequestType` and its payload), for instance SecurityInfo or InstallProfile. */
export const AppleMdmItem = z.object({
  ...item,
  protocol: z.literal('apple-mdm'),
  requestType: z.string().min(1).max(80),
  payload: z.record(z.string(), z.json()).optional(),
})
export type AppleMdmItem = z.infer<typeof AppleMdmItem>

/** Apple: one declaration (`Type`, `Identifier`, `ServerToken`, `Payload`). */
export const AppleDdmItem = z.object({
  ...item,
  protocol: z.literal('apple-ddm'),
  type: z.string().startsWith('com.apple.').max(120),
  identifier: z.string().min(1).max(200),
  serverToken: z.string().min(1).max(80),
  payload: z.record(z.string(), z.json()),
})
export type AppleDdmItem = z.infer<typeof AppleDdmItem>

/** Android: one field of an Android Management API policy; `fieldPath` as the API writes it, e.g. `passwordPolicies[0].passwordMinimumLength`. */
export const AmapiItem = z.object({
  ...item,
  protocol: z.literal('amapi'),
  settingName: z.string().min(1).max(120),
  fieldPath: z.string().max(200).optional(),
  value: z.json(),
})
export type AmapiItem = z.infer<typeof AmapiItem>

/** Linux: one compliance or configuration setting with the rule it belongs to. */
export const LinuxItem = z.object({
  ...item,
  protocol: z.literal('linux'),
  settingDefinitionItemId: z.string().min(1).max(200),
  ruleId: z.string().min(1).max(120),
  value: SettingValue,
})
export type LinuxItem = z.infer<typeof LinuxItem>

export const PolicyItem = z.discriminatedUnion('protocol', [
  OmaDmItem,
  AppleMdmItem,
  AppleDdmItem,
  AmapiItem,
  LinuxItem,
])
export type PolicyItem = z.infer<typeof PolicyItem>

/**
 * A policy as rendered for one platform: what the control service stores under its SHA-256 and a device applies item by
 * item. Never holds a secret.
 */
export const PolicyBody = z.object({
  v: z.literal(1),
  policyId: Guid,
  /** Counts the edits of the policy; a device never goes back to a lower one while the policy stays assigned. */
  revision: z.number().int().positive(),
  kind: PolicyKind,
  platform: PlatformName,
  items: z.array(PolicyItem).max(500),
})
export type PolicyBody = z.infer<typeof PolicyBody>

/** What a device is to hold: by reference, so that ten thousand devices share one body. */
export const PolicyReference = z.object({
  policyId: Guid,
  revision: z.number().int().positive(),
  kind: PolicyKind,
  sha256: Sha256Hex,
})
export type PolicyReference = z.infer<typeof PolicyReference>

export const PolicySet = z.object({
  /** Digest of the references in order; equal digests mean equal sets. */
  digest: Sha256Hex,
  policies: z.array(PolicyReference).max(500),
})
export type PolicySet = z.infer<typeof PolicySet>
