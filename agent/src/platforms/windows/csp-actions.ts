import type { DeviceView } from '../../domain/platform.ts'
import { action, type CspNode } from './csp-node.ts'
import { status } from './status.ts'

const WIPE = './Device/Vendor/MSFT/RemoteWipe'
const DEFENDER = './Device/Vendor/MSFT/Defender'

const isJoined = ({ mode }: DeviceView): boolean => mode.ownership === 'company'

/** What a device does on demand. Sources: RemoteWipe, Reboot, DMClient, Defender, BitLocker, RemoteFind and DevDetail CSP. */
export const actionNodes: readonly CspNode[] = [
  action(`${WIPE}/doWipe`, () => ({ status: status.ok, effect: 'wipe' })),
  action(`${WIPE}/doWipeProtected`, () => ({ status: status.ok, effect: 'wipe' })),
  // The enrolment survives this one: the device restarts and comes back.
  action(`${WIPE}/doWipePersistUserData`, () => ({ status: status.ok, effect: 'restart' })),
  action('./Device/Vendor/MSFT/Reboot/RebootNow', () => ({ status: status.accepted, effect: 'restart' })),
  action('./Device/Vendor/MSFT/DMClient/Unenroll', () => ({ status: status.ok, effect: 'unenrol' }), { format: 'chr' }),
  action('./Device/Vendor/MSFT/DMClient/Provider/{provider}/Push', () => ({ status: status.ok, effect: 'sync' })),
  // 1 is a quick scan, 2 a full one.
  action(`${DEFENDER}/Scan`, () => ({ status: status.accepted }), { format: 'int', range: [1, 2] }),
  action(`${DEFENDER}/UpdateSignature`, () => ({ status: status.ok, posture: { antivirusCurrent: true } })),
  // Recovery passwords are escrowed with the directory that the device is joined to.
  action(
    './Device/Vendor/MSFT/BitLocker/RotateRecoveryPasswords',
    (_data, { inventory }) => ({ status: inventory.posture.encrypted ? status.accepted : status.commandFailed }),
    { format: 'chr', notOnHome: true, modes: isJoined },
  ),
  action('./Device/Vendor/MSFT/RemoteFind/Location', (_data, _device, place) => ({
    status: status.ok,
    detail: { ...place() },
  })),
  {
    uri: './DevDetail/Ext/Microsoft/DeviceName',
    verbs: ['Get', 'Replace'],
    format: 'chr',
    pattern: /^[^\\/:*?"<>|\s.]{1,63}$/,
    // The name of a device in a domain is the domain's.
    modes: ({ mode }) => mode.id !== 'hybrid-gpo',
    read: ({ inventory }) => inventory.deviceName,
  },
]
