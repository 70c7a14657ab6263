import type { NativeCommand } from '@muster/shared/contracts'
import type { Attempt, CommandOutcome, DeviceView } from '../../domain/platform.ts'
import { somewhere } from '../place.ts'
import { result } from './result.ts'

const ownersOnly: ReadonlySet<string> = new Set(['WIPE', 'REBOOT', 'LOCATE'])

/** Carry out a command of the Android Management API, or one of the service's own agent on the device. */
export function perform(command: NativeCommand, device: DeviceView, { chance }: Attempt): CommandOutcome {
  const answer = (nonComplianceReason?: 'UNSUPPORTED' | 'MANAGEMENT_MODE'): CommandOutcome['result'] =>
    result({ itemId: 'command' }, nonComplianceReason ? { nonComplianceReason } : {})
  if (command.protocol !== 'amapi') return { result: answer('UNSUPPORTED') }
  if (ownersOnly.has(command.type) && !device.mode.supervised) return { result: answer('MANAGEMENT_MODE') }
  switch (command.type) {
    case 'WIPE':
      return { result: answer(), effect: 'wipe' }
    case 'RELINQUISH_OWNERSHIP':
      return { result: answer(), effect: 'unenrol' }
    case 'REBOOT':
      return { result: answer(), effect: 'restart' }
    case 'LOCK':
      return { result: answer(), effect: 'lock' }
    case 'RESET_PASSWORD':
      return { result: answer(), posture: { passcodeSet: true, passcodeLength: 8 } }
    case 'REQUEST_DEVICE_INFO':
      return { result: answer(), effect: 'sync' }
    case 'LOCATE':
      return { result: answer(), detail: { ...somewhere(chance.fork('location')) } }
    case 'SET_NAME':
      return { result: answer(), deviceName: String(command.parameters?.['name'] ?? '').slice(0, 60) }
    default:
      return { result: answer('UNSUPPORTED') }
  }
}
