import type { AppliedPage, CertificatePage, MeasurementPage, ReportLatencyPage } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { Control } from '../control.ts'
import type { SimulationRequest } from './routes.ts'

const PAGE = 2_000
const REPORTS_PAGE = 10_000

/** What is measured one by one, and certificates: what thresholds and conditions are asked of. `undefined`: another path. */
export async function serveMeasurements(
  control: Control,
  { method, path, query }: Pick<SimulationRequest, 'method' | 'path' | 'query'>,
): Promise<unknown> {
  if (method !== 'GET') return undefined
  const after = query.get('after') ?? undefined
  if (path === '/reports/latencies') return reportLatencies(control, after, Number(query.get('since') ?? 0))
  if (path === '/certificates') return certificates(control, after, query.get('expired') === 'true')
  const [, policyId] = /^\/policies\/([^/]+)\/applied$/.exec(path) ?? []
  if (policyId !== undefined) return applied(control, policyId, after)
  const [, what] = /^\/measurements\/(checkIns|graphRequests)$/.exec(path) ?? []
  return what === undefined ? undefined : recent(control, what as 'checkIns' | 'graphRequests', after)
}

async function reportLatencies({ deps }: Control, after = '', sinceMs: number): Promise<ReportLatencyPage> {
  const [deviceId = '', seq] = after.split(' ')
  const entries = await deps.store.reports.latencies({
    ...(deviceId === '' ? {} : { after: { deviceId, seq: Number(seq) } }),
    sinceMs: Number.isFinite(sinceMs) ? sinceMs : 0,
    limit: REPORTS_PAGE,
  })
  const last = entries.at(-1)
  const more = entries.length === REPORTS_PAGE && last
  return { entries: [...entries], ...(more ? { next: `${last.deviceId} ${last.seq}` } : {}) }
}

async function applied({ deps }: Control, policyId: string, after: string | undefined): Promise<AppliedPage> {
  if (!(await deps.store.policies.get(policyId)))
    throw new CodedError('graph/not-found', `there is no policy ${policyId}`)
  const entries = await deps.store.devicePolicies.applied({
    policyId,
    limit: PAGE,
    ...(after === undefined ? {} : { after }),
  })
  const last = entries.at(-1)
  return { entries: [...entries], ...(entries.length === PAGE && last ? { next: last.deviceId } : {}) }
}

/** A position holds for one life of the service: the next one counts anew. */
function recent(
  { meters, startedAtMs }: Control,
  what: keyof Control['meters']['recent'],
  after = '',
): MeasurementPage {
  const [life, position] = after.split(' ')
  const { entries, next } = meters.recent[what].since(life === String(startedAtMs) ? Number(position) : 0)
  return { entries: [...entries], next: `${startedAtMs} ${next}` }
}

async function certificates({ deps }: Control, after: string | undefined, expired: boolean): Promise<CertificatePage> {
  const { store, clock } = deps
  const page = await store.certificates.page({
    limit: PAGE,
    ...(after === undefined ? {} : { after }),
    ...(expired ? { pastMs: clock.nowMs() } : {}),
  })
  const owners = await store.devices.getMany([...new Set(page.map(({ deviceId }) => deviceId))])
  const byId = new Map(owners.map((device) => [device.id, device]))
  const last = page.at(-1)
  return {
    entries: page.map(({ serialNumber, deviceId, state, issuedAtMs, notBeforeMs, notAfterMs }) => {
      const device = byId.get(deviceId)
      return {
        serialNumber,
        deviceId,
        deviceName: device?.inventory.deviceName ?? '',
        status: state !== 'revoked' && notAfterMs <= clock.nowMs() ? 'expired' : state,
        inUse: device?.lifecycle === 'managed' && device.certificateSerial === serialNumber,
        issuedAtMs,
        notBeforeMs,
        notAfterMs,
      }
    }),
    ...(page.length === PAGE && last ? { next: last.serialNumber } : {}),
  }
}
