import { z } from 'zod'
import { SOFTWARE_PROFILES } from './software.ts'

/**
 * What is true on a device, whatever its platform calls it. A fact that a platform has no notion of is absent. Facts
 * drift by themselves; platforms answer queries and rules from them.
 */
export const Posture = z.object({
  /** System drive encrypted: BitLocker, FileVault, data protection, dm-crypt. */
  encrypted: z.boolean().optional(),
  /** A passcode or password is set. */
  passcodeSet: z.boolean().optional(),
  /** Its length and character classes, where it is set. */
  passcodeLength: z.number().int().nonnegative().optional(),
  passcodeComplex: z.boolean().optional(),
  firewallOn: z.boolean().optional(),
  antivirusOn: z.boolean().optional(),
  /** Signatures up to date. */
  antivirusCurrent: z.boolean().optional(),
  /** Jailbroken, rooted, or the integrity protection off. */
  rooted: z.boolean().optional(),
  secureBoot: z.boolean().optional(),
  /** TPM present and ready, Secure Enclave, StrongBox. */
  secureHardware: z.boolean().optional(),
  /** Windows code integrity, macOS system integrity protection. */
  codeIntegrity: z.boolean().optional(),
  /** Basic and strong integrity verdicts: Play Integrity and its kin. */
  integrityVerdict: z.enum(['failed', 'basic', 'device']).optional(),
  /** Threat level as a threat-defence app would report it. */
  threatLevel: z.enum(['secured', 'low', 'medium', 'high']).optional(),
  /** Gatekeeper, unknown sources: software from anywhere is allowed. */
  unknownSourcesAllowed: z.boolean().optional(),
  usbDebugging: z.boolean().optional(),
  locked: z.boolean().optional(),
  freeStorageBytes: z.number().int().nonnegative().optional(),
  batteryPercent: z.number().int().min(0).max(100).optional(),
})
export type Posture = z.infer<typeof Posture>
export type PostureFact = keyof Posture

/** Operating system as a device names it. */
export const OperatingSystem = z.object({
  /** Graph's `operatingSystem`: Windows, iOS, macOS, Android, Linux (ubuntu), … */
  name: z.string().max(60),
  version: z.string().max(60),
  build: z.string().max(60).optional(),
  /** Windows SKU (Enterprise, Pro, Home …), Android flavour, Linux distribution. */
  edition: z.string().max(60).optional(),
  /** Android security patch level, ISO date. */
  securityPatch: z.string().max(20).optional(),
})
export type OperatingSystem = z.infer<typeof OperatingSystem>

/** What the hardware says of itself. */
export const Hardware = z.object({
  manufacturer: z.string().max(80),
  model: z.string().max(120),
  serialNumber: z.string().min(1).max(80),
  udid: z.string().max(80).optional(),
  imei: z.string().max(20).optional(),
  wifiMac: z.string().max(20).optional(),
  cpuArchitecture: z.enum(['x64', 'arm64', 'amd64', 'x86', 'unknown']).optional(),
  totalStorageBytes: z.number().int().nonnegative(),
  physicalMemoryBytes: z.number().int().nonnegative(),
})
export type Hardware = z.infer<typeof Hardware>

/** A device's full account of itself: sent at enrolment, and again when a part of it changed. */
export const Inventory = z.object({
  deviceName: z.string().min(1).max(80),
  os: OperatingSystem,
  hardware: Hardware,
  posture: Posture,
  /** Which set of apps is installed (`installedApps`). */
  software: z
    .number()
    .int()
    .min(0)
    .max(SOFTWARE_PROFILES - 1)
    .optional(),
})
export type Inventory = z.infer<typeof Inventory>
