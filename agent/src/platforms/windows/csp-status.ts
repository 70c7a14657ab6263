import type { Posture } from '@muster/shared/contracts'
import { type CspNode, status, type Value } from './csp-node.ts'

const flag = (value: boolean | undefined, yes: Value, no: Value): Value | undefined =>
  value === undefined ? undefined : value ? yes : no

const fact = (uri: string, format: CspNode['format'], read: (posture: Posture) => Value | undefined): CspNode =>
  status(uri, format, ({ inventory }) => read(inventory.posture))

const STATUS = './Device/Vendor/MSFT/DeviceStatus'
const DEFENDER = './Device/Vendor/MSFT/Defender/Health'
const RESULT = './Device/Vendor/MSFT/Policy/Result/DeviceLock'

/** What a device tells of itself. Sources: DeviceStatus, Defender, DevDetail and DevInfo CSP. */
export const statusNodes: readonly CspNode[] = [
  fact(`${STATUS}/Compliance/EncryptionCompliance`, 'int', ({ encrypted }) => flag(encrypted, 1, 0)),
  fact(`${STATUS}/SecureBootState`, 'int', ({ secureBoot }) => flag(secureBoot, 1, 2)),
  fact(`${STATUS}/Firewall/Status`, 'int', ({ firewallOn }) => flag(firewallOn, 0, 1)),
  fact(`${STATUS}/Antivirus/Status`, 'int', ({ antivirusOn }) => flag(antivirusOn, 0, 1)),
  fact(`${STATUS}/Antivirus/SignatureStatus`, 'int', ({ antivirusCurrent }) => flag(antivirusCurrent, 1, 0)),
  fact(`${STATUS}/Antispyware/Status`, 'int', ({ antivirusOn }) => flag(antivirusOn, 0, 1)),
  fact(`${STATUS}/TPM/SpecificationVersion`, 'chr', ({ secureHardware }) => flag(secureHardware, '2.0', '0')),
  // 4: not configured.
  fact(`${STATUS}/DeviceGuard/VirtualizationBasedSecurityStatus`, 'int', ({ codeIntegrity }) =>
    flag(codeIntegrity, 0, 4),
  ),
  fact(`${STATUS}/DeviceGuard/HypervisorEnforcedCodeIntegrityStatus`, 'int', ({ codeIntegrity }) =>
    flag(codeIntegrity, 0, 1),
  ),
  status(`${STATUS}/OS/Edition`, 'chr', ({ inventory }) => inventory.os.edition),
  fact(`${DEFENDER}/DefenderEnabled`, 'bool', ({ antivirusOn }) => antivirusOn),
  fact(`${DEFENDER}/RtpEnabled`, 'bool', ({ antivirusOn }) => antivirusOn),
  fact(`${DEFENDER}/SignatureOutOfDate`, 'bool', ({ antivirusCurrent }) =>
    antivirusCurrent === undefined ? undefined : !antivirusCurrent,
  ),
  // What the account's password comes to, by the names of what is asked of it; 0 says that there is one.
  fact(`${RESULT}/DevicePasswordEnabled`, 'int', ({ passcodeSet }) => flag(passcodeSet, 0, 1)),
  fact(`${RESULT}/MinDevicePasswordLength`, 'int', ({ passcodeSet, passcodeLength }) =>
    passcodeSet ? passcodeLength : 0,
  ),
  status('./DevDetail/SwV', 'chr', ({ inventory }) => inventory.os.version),
  status('./DevDetail/Ext/Microsoft/SMBIOSSerialNumber', 'chr', ({ inventory }) => inventory.hardware.serialNumber),
  status('./DevDetail/Ext/Microsoft/TotalStorage', 'int', ({ inventory }) =>
    Math.round(inventory.hardware.totalStorageBytes / 1_048_576),
  ),
  status('./DevInfo/Man', 'chr', ({ inventory }) => inventory.hardware.manufacturer),
  status('./DevInfo/Mod', 'chr', ({ inventory }) => inventory.hardware.model),
]
