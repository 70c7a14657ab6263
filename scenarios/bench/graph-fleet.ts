import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { openSqliteStore } from '@muster/control'
import { reportText, type SessionOffer, type SignedReport } from '@muster/shared/contracts'
import { unwrap } from '@muster/shared/core'
import {
  type CertificateAuthority,
  createCsr,
  generateDeviceKeySync,
  openSession,
  type SessionKey,
  sessionMac,
} from '@muster/shared/pki'
import { performOn } from '../src/runner/perform.ts'
import { openVirtualStage } from '../src/world/virtual-stage.ts'
import { monthOf } from './lives.ts'

type Store = ReturnType<typeof openSqliteStore>
export type Device = Parameters<Store['devices']['put']>[0][number]
type Certificate = Parameters<Store['certificates']['put']>[0][number]

/** The agent that all of these devices live on. */
export const AGENT = 'bench'
/** Certificates last for as long as anybody measures. */
const END_MS = Date.UTC(2100, 0)

/** Devices of each kind, as a world enrols them. */
async function templates(): Promise<readonly Device[]> {
  const scenario = monthOf(20, 1)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  const run = {
    scenario,
    file: 'bench',
    runId: 'bench',
    command: 'npm run bench',
    signal: new AbortController().signal,
    onNote: () => undefined,
  }
  try {
    await stage.perform(() => performOn(stage, run, { startedMs: Date.now(), nowMs: Date.now }))
    return await stage.world.store.devices.page({ limit: 20 })
  } finally {
    await stage.stop()
  }
}

export const idOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
const states = ['compliant', 'compliant', 'compliant', 'noncompliant', 'inGracePeriod'] as const

/** Fill a store with devices; a function that gives each as it was at first. */
export async function fill(
  store: Store,
  devices: number,
  authority: CertificateAuthority,
): Promise<(index: number) => Device> {
  const nowMs = Date.now()
  const csr = createCsr({ key, subject: [{ type: 'CN', value: AGENT }] })
  const { der } = unwrap(
    authority.issueDeviceCertificate(csr, { deviceId: AGENT, tenant: AGENT, nowMs, validityMs: 86_400_000 }),
  )
  const certificate = Buffer.from(der).toString('base64')
  const kinds = await templates()
  const users = Math.ceil(devices / 2)
  for (let from = 0; from < users; from += 2_000) {
    await store.transaction(async (tables) => {
      for (let index = from; index < Math.min(from + 2_000, users); index++) {
        const userPrincipalName = `user${index}@bench.example`
        await tables.users.put({
          id: idOf(index),
          userPrincipalName,
          displayName: `User ${index}`,
          accountEnabled: true,
          createdAtMs: 0,
        })
      }
    })
  }
  for (let from = 0; from < devices; from += 2_000) {
    await store.transaction(async (tables) => {
      const some = Array.from({ length: Math.min(2_000, devices - from) }, (_, index) => variant(kinds, from + index))
      await tables.devices.put(some)
      await tables.certificates.put(some.map((device) => certificateOf(device, certificate)))
    })
  }
  return (index) => variant(kinds, index)
}

function variant(kinds: readonly Device[], index: number): Device {
  const kind = kinds[index % kinds.length]
  if (!kind) throw new Error('the world enrolled no device')
  const { nextEvaluationAtMs: _, ...device } = kind
  const { inventory } = device
  return {
    ...device,
    id: idOf(index),
    directoryId: idOf(index),
    entraDeviceId: idOf(index),
    userId: idOf(Math.floor(index / 2)),
    agentId: AGENT,
    ackedSeq: 0,
    appliedReports: 0,
    certificateSerial: serialOf(index),
    certificateNotAfterMs: END_MS,
    // In an order that has nothing to do with that of the ids.
    inventory: {
      ...inventory,
      deviceName: `DEVICE-${(index * 7_919) % 1_000_003}`,
      hardware: { ...inventory.hardware, serialNumber: `SN${(index * 104_729) % 10_000_019}` },
      posture: { ...inventory.posture, encrypted: index % 10 !== 0 },
    },
    ...(index % TAGGED_EVERY === 0 ? { scopeTagIds: [OPERATOR_TAG] } : {}),
    // One in ten thousand is in error.
    complianceState: index % 10_000 === 0 ? 'error' : (states[index % states.length] ?? 'compliant'),
    lastSyncAtMs: device.lastSyncAtMs + ((index * 7_919) % 1_000_003),
  }
}

/** The tag of the operator's devices, which is the first that is made; one device in so many has it. */
export const OPERATOR_TAG = '1'
export const TAGGED_EVERY = 10

const key = generateDeviceKeySync()
const privateKey = createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' })

/** Signs as the devices do; sessions that have been opened are kept. */
export function createSigner(tenant: string, { id: session, publicKey }: SessionOffer) {
  const service = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
  const opened = new Map<string, SessionKey>()
  return (certificateSerial: string, report: string): SignedReport => {
    const known = opened.get(certificateSerial)
    const sessionKey = known ?? openSession(privateKey, service, { tenant, session, certificateSerial })
    if (known === undefined) opened.set(certificateSerial, sessionKey)
    const text = reportText({ agentId: AGENT, session, certificateSerial }, report)
    return { certificateSerial, mac: sessionMac(sessionKey, text), report }
  }
}

const serialOf = (index: number): string => index.toString(16).padStart(8, '0')

/** Of a device, for the service to know it by: all have one key, and each a serial number of its own. */
const certificateOf = ({ id, certificateSerial }: Device, certificate: string): Certificate => ({
  serialNumber: certificateSerial,
  deviceId: id,
  thumbprintSha256: '',
  certificate,
  notBeforeMs: 0,
  notAfterMs: END_MS,
  renewAfterMs: END_MS,
  issuedAtMs: 0,
  state: 'active',
})
