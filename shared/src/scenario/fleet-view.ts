import type { Environment } from '@marcbachmann/cel-js'
import { PlatformName } from '@muster/shared/contracts'

/** Single devices and certificates as conditions see them. CEL tells types apart by their constructors. */

export interface FleetDevice {
  readonly id: string
  readonly name: string
  readonly platform: string
  /** Part of the population. */
  readonly part: string
  readonly os: string
  readonly osVersion: string
  readonly model: string
  readonly user: string
  readonly ownership: string
  readonly compliance: string
  readonly online: boolean
  readonly enrolledAt: Date
  readonly lastSyncAt: Date
  /** Scenario id → state; `none` where it is not targeted. */
  readonly policies: ReadonlyMap<string, string>
}

export interface FleetCertificate {
  readonly serial: string
  readonly deviceId: string
  readonly device: string
  readonly status: string
  /** The certificate with which a managed device shows itself. */
  readonly inUse: boolean
  readonly issuedAt: Date
  readonly notBefore: Date
  readonly notAfter: Date
}

/** A rollout so far. */
export interface RolloutView {
  readonly state: RolloutState
  readonly rings: ReadonlyMap<string, RingView>
}

export type RolloutState = 'none' | 'running' | 'completed' | 'halted'

export interface RingView {
  readonly state: 'waiting' | 'running' | 'passed' | 'halted'
  readonly targeted: number
  /** Shares of the ring's devices. */
  readonly reported: number
  readonly succeeded: number
  readonly errors: number
}

class DeviceValue {}
class CertificateValue {}
class RolloutValue {}
class RingValue {}

const TIMESTAMP = 'google.protobuf.Timestamp'

export const deviceFields = {
  id: 'string',
  name: 'string',
  platform: 'string',
  part: 'string',
  os: 'string',
  osVersion: 'string',
  model: 'string',
  user: 'string',
  ownership: 'string',
  compliance: 'string',
  online: 'bool',
  enrolledAt: TIMESTAMP,
  lastSyncAt: TIMESTAMP,
  policies: 'map<string, string>',
} as const satisfies Record<keyof FleetDevice, string>

export const certificateFields = {
  serial: 'string',
  deviceId: 'string',
  device: 'string',
  status: 'string',
  inUse: 'bool',
  issuedAt: TIMESTAMP,
  notBefore: TIMESTAMP,
  notAfter: TIMESTAMP,
} as const satisfies Record<keyof FleetCertificate, string>

export const ringFields = {
  state: 'string',
  targeted: 'int',
  reported: 'double',
  succeeded: 'double',
  errors: 'double',
} as const satisfies Record<keyof RingView, string>

/** What texts there are of some fields, so that a misspelt one is found before the run. */
export const knownTexts: Readonly<Record<string, readonly string[]>> = {
  platform: PlatformName.options,
  compliance: ['unknown', 'compliant', 'inGracePeriod', 'noncompliant', 'error', 'conflict'],
  policies: [
    'none',
    'pending',
    'compliant',
    'remediated',
    'nonCompliant',
    'inGracePeriod',
    'error',
    'conflict',
    'notApplicable',
  ],
  status: ['active', 'superseded', 'revoked', 'expired'],
  state: ['none', 'running', 'completed', 'halted', 'waiting', 'passed'],
  ownership: ['company', 'personal', 'unknown'],
}

/** Lists and rollouts, with the types that expressions over them are checked by. */
export function registerFleet(
  environment: Environment,
  rolloutOf: (policyId: string) => RolloutView | undefined,
): Environment {
  return environment
    .registerType('Device', { ctor: DeviceValue, fields: deviceFields })
    .registerType('Certificate', { ctor: CertificateValue, fields: certificateFields })
    .registerType('Ring', { ctor: RingValue, fields: ringFields })
    .registerType('Rollout', { ctor: RolloutValue, fields: { state: 'string' } })
    .registerVariable('fleet', 'list<Device>')
    .registerVariable('certs', 'list<Certificate>')
    .registerVariable('now', TIMESTAMP)
    .registerFunction('rollout(string): Rollout', (id: string) =>
      Object.assign(new RolloutValue(), { state: rolloutOf(id)?.state ?? 'none', policy: id }),
    )
    .registerFunction('Rollout.ring(string): Ring', (rollout: { policy: string }, name: string) => {
      const { targeted, ...rest } = rolloutOf(rollout.policy)?.rings.get(name) ?? NO_RING
      return Object.assign(new RingValue(), rest, { targeted: BigInt(targeted) })
    })
}

const NO_RING: RingView = { state: 'waiting', targeted: 0, reported: 0, succeeded: 0, errors: 0 }

/** Devices and certificates as values of their types in expressions. */
export const deviceValue = (device: FleetDevice): object =>
  Object.assign(new DeviceValue(), device, { policies: new Map(device.policies) })
export const certificateValue = (certificate: FleetCertificate): object =>
  Object.assign(new CertificateValue(), certificate)
