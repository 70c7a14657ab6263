import { z } from 'zod'
import { CorrelationId, Guid } from './ids.ts'
import { AmapiResult, AppleMdmResult, LinuxResult, OmaDmResult } from './result.ts'

/** Remote actions in Graph's names; which platform has which is data in the control service and, for itself, on the device. */
export const RemoteActionName = z.enum([
  'syncDevice',
  'retire',
  'wipe',
  'delete',
  'rebootNow',
  'shutDown',
  'remoteLock',
  'resetPasscode',
  'setDeviceName',
  'locateDevice',
  'enableLostMode',
  'disableLostMode',
  'playLostModeSound',
  'bypassActivationLock',
  'logoutSharedAppleDeviceActiveUser',
  'cleanWindowsDevice',
  'rotateBitLockerKeys',
  'rotateFileVaultKey',
  'windowsDefenderScan',
  'windowsDefenderUpdateSignatures',
])
export type RemoteActionName = z.infer<typeof RemoteActionName>

/** A remote action as rendered for a platform. */
export const NativeCommand = z.discriminatedUnion('protocol', [
  /** Windows: Exec or Replace on a CSP node, e.g. `./Vendor/MSFT/RemoteWipe/doWipe`. */
  z.object({
    protocol: z.literal('omadm'),
    verb: z.enum(['Exec', 'Replace', 'Delete']),
    locUri: z.string().startsWith('./').max(400),
    data: z.union([z.string().max(8_192), z.number(), z.boolean()]).optional(),
  }),
  /** Apple: an MDM command, e.g. EraseDevice. */
  z.object({
    protocol: z.literal('apple-mdm'),
    requestType: z.string().min(1).max(80),
    payload: z.record(z.string(), z.json()).optional(),
  }),
  /** Android: an Android Management API command, or WIPE and RELINQUISH_OWNERSHIP. */
  z.object({
    protocol: z.literal('amapi'),
    type: z.string().min(1).max(80),
    parameters: z.record(z.string(), z.json()).optional(),
  }),
  /** Linux has no remote commands; `unenroll` is the client's own removal of the registration. */
  z.object({ protocol: z.literal('linux'), name: z.enum(['unenroll']) }),
])
export type NativeCommand = z.infer<typeof NativeCommand>

export const DeviceCommand = z.object({
  commandId: Guid,
  action: RemoteActionName,
  correlationId: CorrelationId,
  native: NativeCommand,
})
export type DeviceCommand = z.infer<typeof DeviceCommand>

const answered = { commandId: Guid, finishedAtMs: z.number().int().nonnegative() }

/** How a command went, in the platform's own words (`itemId` repeats the command's id). */
export const CommandResult = z.object({
  ...answered,
  result: z.discriminatedUnion('protocol', [OmaDmResult, AppleMdmResult, AmapiResult, LinuxResult]),
  /** What the action brought back, e.g. a location or a new passcode's presence (never the passcode). */
  detail: z.record(z.string(), z.json()).optional(),
})
export type CommandResult = z.infer<typeof CommandResult>
