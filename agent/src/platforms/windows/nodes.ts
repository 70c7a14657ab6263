import type { OmaDmItem } from '@muster/shared/contracts'
import type { DeviceView } from '../../domain/platform.ts'

type Value = string | number | boolean

/** A node of the CSP tree: who may do what with it, and what it holds. */
export interface CspNode {
  readonly uri: string
  readonly verbs: readonly OmaDmItem['verb'][]
  readonly format: 'int' | 'chr' | 'bool'
  /** Values that an int node takes. */
  readonly range?: readonly [number, number]
  /** First build that has the node (the third part of the version). */
  readonly build?: number
  /** Home lacks most of what organisations manage. */
  readonly notOnHome?: boolean
  /** In force only after this. */
  readonly waitsFor?: 'restart' | 'user'
  /** Whether it can fail by itself now and then. */
  readonly canFail?: boolean
  /** Status nodes are answered from the device. */
  readonly read?: (device: DeviceView) => Value | undefined
}

const policy = (
  area: string,
  name: string,
  range: readonly [number, number],
  more: Partial<CspNode> = {},
): CspNode => ({
  uri: `./Device/Vendor/MSFT/Policy/Config/${area}/${name}`,
  verbs: ['Get', 'Add', 'Replace', 'Delete'],
  format: 'int',
  range,
  ...more,
})

const status = (uri: string, format: CspNode['format'], read: NonNullable<CspNode['read']>): CspNode => ({
  uri,
  verbs: ['Get'],
  format,
  read,
})

const flag = (value: boolean | undefined, yes: Value, no: Value): Value | undefined =>
  value === undefined ? undefined : value ? yes : no

/** The tree, as far as it is managed here. Sources: Policy CSP, BitLocker CSP, Firewall CSP, DeviceStatus CSP. */
export const nodes: readonly CspNode[] = [
  // DevicePasswordEnabled is 0 when a password is demanded.
  policy('DeviceLock', 'DevicePasswordEnabled', [0, 1], { waitsFor: 'user' }),
  policy('DeviceLock', 'MinDevicePasswordLength', [4, 16]),
  policy('DeviceLock', 'MaxInactivityTimeDeviceLock', [0, 999]),
  policy('DeviceLock', 'DevicePasswordHistory', [0, 50]),
  policy('Defender', 'AllowRealtimeMonitoring', [0, 1]),
  policy('Defender', 'PUAProtection', [0, 2]),
  policy('Defender', 'CloudBlockLevel', [0, 6]),
  policy('Update', 'DeferQualityUpdatesPeriodInDays', [0, 30], { notOnHome: true }),
  policy('Update', 'ConfigureDeadlineForQualityUpdates', [0, 30], { notOnHome: true }),
  policy('Experience', 'AllowCortana', [0, 1]),
  policy('System', 'AllowTelemetry', [0, 3]),
  policy('Connectivity', 'AllowBluetooth', [0, 2]),
  policy('DeviceGuard', 'EnableVirtualizationBasedSecurity', [0, 1], { notOnHome: true, waitsFor: 'restart' }),
  policy('WindowsAI', 'DisableAIDataAnalysis', [0, 1], { build: 26_100 }),
  {
    uri: './Device/Vendor/MSFT/BitLocker/RequireDeviceEncryption',
    verbs: ['Get', 'Add', 'Replace', 'Delete'],
    format: 'int',
    range: [0, 1],
    notOnHome: true,
    waitsFor: 'restart',
    canFail: true,
  },
  ...(['Domain', 'Private', 'Public'] as const).map(
    (profile): CspNode => ({
      uri: `./Vendor/MSFT/Firewall/MdmStore/${profile}Profile/EnableFirewall`,
      verbs: ['Get', 'Add', 'Replace', 'Delete'],
      format: 'bool',
    }),
  ),
  status('./Vendor/MSFT/DeviceStatus/Compliance/EncryptionCompliance', 'int', ({ inventory }) =>
    flag(inventory.posture.encrypted, 1, 0),
  ),
  status('./Vendor/MSFT/DeviceStatus/SecureBootState', 'int', ({ inventory }) =>
    flag(inventory.posture.secureBoot, 1, 2),
  ),
  status('./Vendor/MSFT/DeviceStatus/Firewall/Status', 'int', ({ inventory }) =>
    flag(inventory.posture.firewallOn, 0, 1),
  ),
  status('./Vendor/MSFT/DeviceStatus/Antivirus/Status', 'int', ({ inventory }) =>
    flag(inventory.posture.antivirusOn, 0, 1),
  ),
  status('./Vendor/MSFT/DeviceStatus/Antivirus/SignatureStatus', 'int', ({ inventory }) =>
    flag(inventory.posture.antivirusCurrent, 1, 0),
  ),
  status('./Vendor/MSFT/DeviceStatus/TPM/SpecificationVersion', 'chr', ({ inventory }) =>
    flag(inventory.posture.secureHardware, '2.0', '0'),
  ),
  status('./Vendor/MSFT/DeviceStatus/DeviceGuard/HypervisorEnforcedCodeIntegrityStatus', 'int', ({ inventory }) =>
    flag(inventory.posture.codeIntegrity, 0, 1),
  ),
  status('./DevDetail/SwV', 'chr', ({ inventory }) => inventory.os.version),
  status('./Device/Vendor/MSFT/PassportForWork/PasswordSet', 'int', ({ inventory }) =>
    flag(inventory.posture.passcodeSet, 1, 0),
  ),
  status('./Device/Vendor/MSFT/PassportForWork/PasswordLength', 'int', ({ inventory }) =>
    inventory.posture.passcodeSet ? inventory.posture.passcodeLength : 0,
  ),
]

export const nodeByUri: ReadonlyMap<string, CspNode> = new Map(nodes.map((node) => [node.uri.toLowerCase(), node]))
