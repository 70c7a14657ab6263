import { join } from 'node:path'
import { openSqliteStore } from '@muster/control'
import { STORE_PART } from '../world/world-image.ts'
import { openSnapshot } from './folder.ts'

/** How two snapshots differ, device by device as the service holds them. Devices are the same by platform and serial number. */
export interface SnapshotDiff {
  readonly a: SnapshotSide
  readonly b: SnapshotSide
  readonly devices: readonly DeviceDiff[]
  readonly onlyInA: readonly string[]
  readonly onlyInB: readonly string[]
}

export interface SnapshotSide {
  readonly name: string
  /** Simulated. */
  readonly atMs: number
  /** `managed`, `compliant`, `certificates active` … */
  readonly counts: Readonly<Record<string, number>>
}

export interface DeviceDiff {
  readonly device: string
  readonly platform: string
  readonly serialNumber: string
  readonly changes: readonly { readonly what: string; readonly a: string; readonly b: string }[]
}

type Facts = Readonly<Record<string, string>>

interface Standing {
  readonly name: string
  readonly platform: string
  readonly serialNumber: string
  readonly enrolledAtMs: number
  /** What is compared: lifecycle, compliance, each policy, the certificate. */
  readonly facts: Facts
}

interface Side extends SnapshotSide {
  readonly standings: ReadonlyMap<string, Standing>
}

const PAGE = 1_000

/** @throws CodedError `snapshot/…`, `store/…` */
export async function diffSnapshots(root: string, nameOfA: string, nameOfB: string): Promise<SnapshotDiff> {
  const [a, b] = [await readSide(root, nameOfA), await readSide(root, nameOfB)]
  const devices: DeviceDiff[] = []
  for (const [key, standing] of a.standings) {
    const other = b.standings.get(key)
    const changes = other ? changesOf(standing.facts, other.facts) : []
    const { name: device, platform, serialNumber } = standing
    if (changes.length > 0) devices.push({ device, platform, serialNumber, changes })
  }
  const missing = (from: Side, of: Side): readonly string[] =>
    [...from.standings].filter(([key]) => !of.standings.has(key)).map(([, { name }]) => name)
  const sideOf = ({ name, atMs, counts }: Side): SnapshotSide => ({ name, atMs, counts })
  return { a: sideOf(a), b: sideOf(b), devices, onlyInA: missing(a, b), onlyInB: missing(b, a) }
}

function changesOf(a: Facts, b: Facts): DeviceDiff['changes'] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .map((what) => ({ what, a: a[what] ?? 'none', b: b[what] ?? 'none' }))
    .filter((change) => change.a !== change.b)
}

async function readSide(root: string, name: string): Promise<Side> {
  const { dir, manifest } = openSnapshot(root, name)
  const store = openSqliteStore(':memory:', undefined, join(dir, STORE_PART))
  try {
    const standings = await standingsOf(store)
    return { name, atMs: manifest.atMs, counts: await countsOf(store), standings }
  } finally {
    await store.close()
  }
}

type Store = ReturnType<typeof openSqliteStore>
type Device = Awaited<ReturnType<Store['devices']['page']>>[number]

async function countsOf(store: Store): Promise<SnapshotSide['counts']> {
  const counts: Record<string, number> = {}
  const add = (what: string, many: number): void => {
    counts[what] = (counts[what] ?? 0) + many
  }
  for (const { lifecycle, complianceState, devices } of await store.devices.tally()) {
    add(`devices ${lifecycle}`, devices)
    if (lifecycle === 'managed') add(`devices ${complianceState}`, devices)
  }
  for (const { state, certificates } of await store.certificates.tally()) add(`certificates ${state}`, certificates)
  for (const { state, actions } of await store.actions.tally()) add(`actions ${state}`, actions)
  add('policies', (await store.policies.list()).length)
  add('reports', await store.reports.count())
  return counts
}

async function standingsOf(store: Store): Promise<ReadonlyMap<string, Standing>> {
  const policies = new Map((await store.policies.list()).map(({ id, name, kind }) => [id, `${kind} ${name}`]))
  const standings = new Map<string, Standing>()
  for (let after = ''; ; ) {
    const page = await store.devices.page({ after, limit: PAGE, inDirectory: true })
    for (const standing of await pageOf(store, page, policies)) {
      const key = `${standing.platform} ${standing.serialNumber}`
      // One that has enrolled again is the newer record.
      if ((standings.get(key)?.enrolledAtMs ?? Number.NEGATIVE_INFINITY) <= standing.enrolledAtMs)
        standings.set(key, standing)
    }
    if (page.length < PAGE) return standings
    after = page.at(-1)?.id ?? ''
  }
}

async function pageOf(
  store: Store,
  devices: readonly Device[],
  policies: ReadonlyMap<string, string>,
): Promise<readonly Standing[]> {
  const ids = devices.map(({ id }) => id)
  const rows = Map.groupBy(await store.devicePolicies.forDevices(ids), ({ deviceId }) => deviceId)
  const certificates = new Map(
    (await store.certificates.getMany(devices.map((device) => device.certificateSerial))).map((each) => [
      each.serialNumber,
      each.state,
    ]),
  )
  return devices.map((device) => {
    const held = (rows.get(device.id) ?? []).map(({ policyId, state, revision }): [string, string] => [
      `policy ${policies.get(policyId) ?? policyId}`,
      `${state}, revision ${revision}`,
    ])
    const serial = device.certificateSerial
    return {
      name: device.inventory.deviceName,
      platform: device.platform,
      serialNumber: device.inventory.hardware.serialNumber,
      enrolledAtMs: device.enrolledAtMs,
      facts: {
        lifecycle: device.lifecycle,
        compliance: device.complianceState,
        certificate: `${serial}, ${certificates.get(serial) ?? 'unknown'}`,
        ...Object.fromEntries(held),
      },
    }
  })
}
