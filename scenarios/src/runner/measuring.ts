import type { CertificatePage, MeasurementPage, Stats } from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import type { Measurement } from '@muster/shared/scenario'
import type { MusterClient } from '../client/muster-client.ts'

/** What is measured while a run goes on, because nobody could say it afterwards. */
export interface Measuring {
  /** A Graph request, with its method and route, or the path where no route was found for it. */
  readonly graphRequests: readonly (Measurement & { readonly route: string })[]
  readonly checkIns: readonly Measurement[]
  readonly lags: readonly Measurement[]
  /** How long it took until a fault was got over; milliseconds as they pass for the processes. */
  readonly recoveries: (Measurement & { readonly fault: string; readonly kind: string })[]
  /** Managed devices whose certificate had run out, at every look; and each of them once. */
  readonly expiredLooks: readonly Measurement[]
  readonly expiredFirst: ReadonlyMap<string, Measurement>
  /** Ask for what the service has measured since the last time. */
  poll(): Promise<void>
  /** A request of the runner had no answer. */
  unanswered(method: string, path: string): void
  onStats(stats: Stats): void
}

/** What was measured in a run before it was put down. */
export type MeasuringImage = Pick<Measuring, 'graphRequests' | 'checkIns' | 'lags' | 'recoveries' | 'expiredLooks'> & {
  readonly expiredFirst: Iterable<readonly [string, Measurement]>
}

/** `looksAtCertificates`: somebody wants to know whose have run out. `before`: what was measured already. */
export function createMeasuring(
  client: MusterClient,
  nowMs: () => EpochMs,
  looksAtCertificates: boolean,
  before?: MeasuringImage,
): Measuring {
  const graphRequests: (Measurement & { route: string })[] = [...(before?.graphRequests ?? [])]
  const checkIns: Measurement[] = [...(before?.checkIns ?? [])]
  const lags: Measurement[] = [...(before?.lags ?? [])]
  const expiredLooks: Measurement[] = [...(before?.expiredLooks ?? [])]
  const expiredFirst = new Map<string, Measurement>(before?.expiredFirst ?? [])
  const positions = { checkIns: '', graphRequests: '' }

  const newest = async (what: keyof typeof positions): Promise<MeasurementPage['entries']> => {
    const path = `/_muster/measurements/${what}?after=${encodeURIComponent(positions[what])}`
    const page = (await client.call('GET', path)) as MeasurementPage
    positions[what] = page.next
    return page.entries
  }
  const lookAtCertificates = async (): Promise<void> => {
    const ids = await expiredInUse(client)
    const atMs = nowMs()
    expiredLooks.push({ fromMs: atMs, atMs, value: ids.length })
    for (const id of ids) if (!expiredFirst.has(id)) expiredFirst.set(id, { fromMs: atMs, atMs, value: 1 })
  }
  return {
    graphRequests,
    checkIns,
    lags,
    recoveries: [...(before?.recoveries ?? [])],
    expiredLooks,
    expiredFirst,
    poll: async () => {
      for (const { atMs, tookMs, failed, route = '' } of await newest('graphRequests'))
        graphRequests.push({ fromMs: atMs, atMs, value: tookMs, failed, route })
      for (const { atMs, tookMs } of await newest('checkIns')) checkIns.push({ fromMs: atMs, atMs, value: tookMs })
      if (looksAtCertificates) await lookAtCertificates()
    },
    unanswered: (method, path) => {
      const [, below] = /^\/(?:v1\.0|beta)(\/[^?]*)/.exec(path) ?? []
      const atMs = nowMs()
      if (below !== undefined)
        graphRequests.push({ fromMs: atMs, atMs, value: 0, failed: true, route: `${method} ${below}` })
    },
    onStats: ({ atMs, workers }) =>
      lags.push({ fromMs: atMs, atMs, value: Math.max(0, ...workers.map(({ lagP99Ms }) => lagP99Ms)) }),
  }
}

async function expiredInUse(client: MusterClient): Promise<readonly string[]> {
  const ids: string[] = []
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = (await client.call('GET', `/_muster/certificates?expired=true&after=${after}`)) as CertificatePage
    ids.push(...page.entries.filter(({ inUse }) => inUse).map(({ deviceId }) => deviceId))
    after = page.next
  }
  return ids
}

/** Whether a request came to a route: `/deviceManagement/managedDevices/{id}`, or with its method before it. */
export function isOfRoute(request: string, route: string): boolean {
  const [method = '', path = ''] = route.startsWith('/') ? ['', route] : route.split(/\s+/)
  const [asked = '', askedPath = ''] = request.split(' ')
  if (method !== '' && method !== asked) return false
  const [wanted, given] = [path.toLowerCase().split('/'), askedPath.toLowerCase().split('/')]
  return wanted.length === given.length && wanted.every((part, index) => part === given[index] || part.startsWith('{'))
}

/** A client that tells of requests without an answer. */
export const toldClient = (client: MusterClient, unanswered: Measuring['unanswered']): MusterClient => ({
  ...client,
  call: async (method, path, body) => {
    try {
      return await client.call(method, path, body)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'client/unreachable') unanswered(method, path)
      throw error
    }
  },
})
