import { type Answer, acknowledged, type Call, failed } from './answer.ts'

export const eraseDevice = (): Answer => acknowledged({ effect: 'wipe' })

/** Locks the screen, or, on a Mac, restarts into the lock with its PIN. Without a passcode there is nothing to lock with. */
export function deviceLock({ payload, device, system }: Call): Answer {
  const lockable = system.schema === 'macOS' || device.inventory.posture.passcodeSet === true
  const shows = payload['Message'] !== undefined || payload['PhoneNumber'] !== undefined
  return acknowledged({
    effect: 'lock',
    posture: { locked: lockable },
    ...(shows ? { response: { MessageResult: lockable ? 'Success' : 'NoPasscodeSet' } } : {}),
  })
}

/** The passcode is gone, and the user is asked for a new one where a policy wants one. */
export const clearPasscode = (): Answer =>
  acknowledged({ posture: { passcodeSet: false, passcodeLength: 0, passcodeComplex: false, locked: false } })

export const restartDevice = (): Answer => acknowledged({ effect: 'restart' })

export const shutDownDevice = (): Answer => acknowledged({ effect: 'shut-down' })

/** Makes the device compare its declarations with the server's, which our devices do in a check-in. */
export const synchronize = (): Answer => acknowledged({ effect: 'sync' })

export const logOutUser = (): Answer => acknowledged({ posture: { locked: true } })

/** The code itself is a secret and stays out of reports. */
export const activationLockBypassCode = (): Answer => acknowledged({ detail: { bypassCodeEscrowed: true } })

/** The new key is a secret and stays out of reports. */
export const rotateFileVaultKey = ({ device }: Call): Answer =>
  device.inventory.posture.encrypted ? acknowledged({ detail: { recoveryKeyRotated: true } }) : failed('inconsistent')
