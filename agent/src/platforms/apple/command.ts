import type { AppleMdmItem, AppleMdmResult } from '@muster/shared/contracts'
import {
  activationLockBypassCode,
  clearPasscode,
  deviceLock,
  eraseDevice,
  logOutUser,
  restartDevice,
  rotateFileVaultKey,
  shutDownDevice,
  synchronize,
} from './actions.ts'
import { type Answer, type Call, failed } from './answer.ts'
import { type Command, type CommandName, commands, isCommand } from './command-catalogue.ts'
import { deviceLocation, disableLostMode, enableLostMode, LOST_MODE, playLostModeSound } from './lost-mode.ts'
import { faultOf } from './payload.ts'
import { installProfile, removeProfile } from './profiles.ts'
import { deviceInformation, managedApplicationFeedback, profileList, securityInfo } from './queries.ts'
import { changeSettings } from './settings-command.ts'
import { obstacle } from './support.ts'
import { targetOf } from './system.ts'

const answers: Readonly<Record<CommandName, (call: Call) => Answer>> = {
  ActivationLockBypassCode: activationLockBypassCode,
  ClearPasscode: clearPasscode,
  DeclarativeManagement: synchronize,
  DeviceInformation: deviceInformation,
  DeviceLocation: deviceLocation,
  DeviceLock: deviceLock,
  DisableLostMode: disableLostMode,
  EnableLostMode: enableLostMode,
  EraseDevice: eraseDevice,
  InstallProfile: installProfile,
  LogOutUser: logOutUser,
  ManagedApplicationFeedback: managedApplicationFeedback,
  PlayLostModeSound: playLostModeSound,
  ProfileList: profileList,
  RemoveProfile: removeProfile,
  RestartDevice: restartDevice,
  RotateFileVaultKey: rotateFileVaultKey,
  SecurityInfo: securityInfo,
  Settings: changeSettings,
  ShutDownDevice: shutDownDevice,
}

/** What a device answers to an MDM command of one of the given kinds. */
export function answerCommand(requestType: string, call: Call, kinds: readonly Command['kind'][]): Answer {
  if (!isCommand(requestType) || !kinds.includes(commands[requestType].kind)) return failed('invalidRequestType')
  const command: Command = commands[requestType]
  const target = targetOf(call.system, call.device)
  const hindered = obstacle(command.support, target)
  if (hindered) return failed(hindered === 'supervision' ? 'notSupervised' : 'invalidRequestType')
  const fault = faultOf(call.payload, command.keys, target)
  if (fault) return { ...failed('malformedRequest'), status: 'CommandFormatError' }
  // Whoever waits for the user tries again once the user has unlocked the device.
  const there = call.attempt?.after === 'user' && call.device.settings[LOST_MODE] !== true
  const unlocked = call.device.inventory.posture.locked !== true || there
  if (!unlocked && call.system.waitsForUnlock.has(requestType)) return { status: 'NotNow', waitsFor: 'user' }
  return answers[requestType](call)
}

/** The wire's part of an answer. */
export const resultOf = (itemId: string, { status, response, errorChain }: Answer): AppleMdmResult => ({
  itemId,
  protocol: 'apple-mdm',
  status,
  ...(response ? { response } : {}),
  ...(errorChain ? { errorChain } : {}),
})

export const payloadOf = (command: Pick<AppleMdmItem, 'payload'>): Call['payload'] =>
  (command.payload ?? {}) as Call['payload']
