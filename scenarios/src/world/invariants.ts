import type { ControlDeps } from '@muster/control'
import type { EpochMs } from '@muster/shared/core'
import type { ExpectationResult } from '@muster/shared/scenario'

/** What must hold at every moment of every world; one violation fails the run. */
export const invariants = {
  'report-applied-exactly-once': 'a device’s reports are committed as 1, 2, 3 …, each once',
  'only-committed-is-acknowledged': 'ackedSeq is the last committed report, in the store and in every answer',
  'policy-version-never-decreases': 'a device is never asked for an older revision of a policy than before',
  'who-left-stays-away': 'a device that has left is not managed again; one that was retired or wiped reports nothing',
  'revoked-certificate-never-accepted': 'no check-in with a certificate that was revoked before is answered as managed',
} as const
type Invariant = keyof typeof invariants

type Tables = Parameters<Parameters<ControlDeps['store']['transaction']>[0]>[0]
type Device = Parameters<Tables['devices']['put']>[0][number]
type DevicePolicy = Parameters<Tables['devicePolicies']['put']>[0][number]
type DeviceCertificate = Parameters<Tables['certificates']['put']>[0][number]
type ReportRow = Parameters<Tables['reports']['append']>[0][number]

export interface Violation {
  readonly invariant: Invariant
  readonly atMs: EpochMs
  readonly deviceId: string
  readonly text: string
}

/** Violations that are kept; the first is what matters. */
const KEPT_MAX = 50

/** Holds what is committed against what must hold, commit by commit. */
export interface InvariantWatch {
  onReports(rows: readonly ReportRow[]): void
  onDevices(devices: readonly Device[]): void
  onPolicies(rows: readonly DevicePolicy[]): void
  onPoliciesRemoved(keys: readonly { readonly deviceId: string; readonly policyId: string }[]): void
  onCertificates(certificates: readonly DeviceCertificate[]): void
  /** A transaction is over and committed. */
  onCommit(): void
  /** A device was answered as managed. */
  onAnswer(answer: {
    readonly atMs: EpochMs
    readonly deviceId: string
    readonly ackedSeq: number
    readonly certificateSerial: string
    readonly askedAtMs: EpochMs
  }): void
  readonly violations: readonly Violation[]
  results(): readonly ExpectationResult[]
  /** All that it knows, for another to go on from. */
  image(): WatchImage
}

/** What a watch knows of the past. Maps are lists of their entries. */
export interface WatchImage {
  readonly violations: readonly Violation[]
  readonly lastSeq: readonly (readonly [deviceId: string, seq: number])[]
  readonly revisions: readonly (readonly [deviceAndPolicy: string, revision: number])[]
  readonly left: readonly (readonly [deviceId: string, lifecycle: Device['lifecycle']])[]
  readonly revokedAtMs: readonly (readonly [serialNumber: string, atMs: EpochMs])[]
}

export function watchInvariants(nowMs: () => EpochMs, before?: WatchImage): InvariantWatch {
  const violations: Violation[] = [...(before?.violations ?? [])]
  const lastSeq = new Map<string, number>(before?.lastSeq)
  const revisions = new Map<string, number>(before?.revisions)
  const left = new Map<string, Device['lifecycle']>(before?.left)
  const revokedAtMs = new Map<string, EpochMs>(before?.revokedAtMs)
  /** Devices and reports of the transaction under way: they are judged together, in whatever order they were written. */
  let pending: { devices: Device[]; reports: ReportRow[] } = { devices: [], reports: [] }

  const violated = (invariant: Invariant, deviceId: string, text: string): void => {
    if (violations.length < KEPT_MAX) violations.push({ invariant, atMs: nowMs(), deviceId, text })
  }
  const judgeReport = ({ deviceId, seq }: ReportRow): void => {
    const last = lastSeq.get(deviceId) ?? 0
    if (seq !== last + 1) violated('report-applied-exactly-once', deviceId, `report ${seq} was committed after ${last}`)
    // The record of a deleted device goes at once; the device learns of it later, and says so.
    if ((left.get(deviceId) ?? 'deleted') !== 'deleted')
      violated('who-left-stays-away', deviceId, `report ${seq} was committed after it had left`)
    lastSeq.set(deviceId, Math.max(last, seq))
  }
  const judgeDevice = ({ id, ackedSeq, lifecycle }: Device): void => {
    const last = lastSeq.get(id) ?? 0
    if (ackedSeq !== last)
      violated('only-committed-is-acknowledged', id, `ackedSeq is ${ackedSeq}, committed are ${last} reports`)
    if (lifecycle === 'managed' && left.has(id))
      violated('who-left-stays-away', id, 'it is managed again after it had left')
    if (lifecycle !== 'managed') left.set(id, lifecycle)
  }

  return {
    violations,
    image: () => ({
      violations: [...violations],
      lastSeq: [...lastSeq],
      revisions: [...revisions],
      left: [...left],
      revokedAtMs: [...revokedAtMs],
    }),
    onReports: (rows) => void pending.reports.push(...rows),
    onDevices: (devices) => void pending.devices.push(...devices),
    onPolicies: (rows) => {
      for (const { deviceId, policyId, revision } of rows) {
        const key = `${deviceId} ${policyId}`
        const before = revisions.get(key) ?? 0
        if (revision < before)
          violated('policy-version-never-decreases', deviceId, `${policyId}: revision ${revision} after ${before}`)
        revisions.set(key, revision)
      }
    },
    onPoliciesRemoved: (keys) => {
      for (const { deviceId, policyId } of keys) revisions.delete(`${deviceId} ${policyId}`)
    },
    onCertificates: (certificates) => {
      for (const { serialNumber, state, revokedAtMs: atMs } of certificates)
        if (state === 'revoked') revokedAtMs.set(serialNumber, atMs ?? nowMs())
    },
    onCommit: () => {
      const { reports, devices } = pending
      pending = { devices: [], reports: [] }
      for (const row of reports) judgeReport(row)
      for (const device of devices) judgeDevice(device)
    },
    onAnswer: ({ deviceId, ackedSeq, certificateSerial, askedAtMs }) => {
      const last = lastSeq.get(deviceId) ?? 0
      if (ackedSeq > last)
        violated('only-committed-is-acknowledged', deviceId, `${ackedSeq} was acknowledged, committed are ${last}`)
      const atMs = revokedAtMs.get(certificateSerial)
      if (atMs !== undefined && atMs < askedAtMs && !left.has(deviceId))
        violated('revoked-certificate-never-accepted', deviceId, `certificate ${certificateSerial} was revoked`)
    },
    results: () =>
      Object.entries(invariants).map(([name, expected]) => {
        const broken = violations.filter(({ invariant }) => invariant === name)
        const first = broken[0]
        return {
          name,
          ok: first === undefined,
          expected,
          got: first === undefined ? 'held at every event' : `${first.text} (${broken.length} times)`,
          atMs: first?.atMs ?? nowMs(),
          devices: [...new Set(broken.map(({ deviceId }) => deviceId))].slice(0, 20),
        }
      }),
  }
}
