import type { LiveEvent, Stats } from '@muster/shared/contracts'
import type { Sample } from '@muster/shared/scenario'
import type { MusterClient } from '../client/muster-client.ts'

/** Watches the service over its live door, and remembers. */
export interface Observer {
  /** The newest statistics. */
  readonly latest: Stats | undefined
  /** Ask for statistics now. */
  refresh(): Promise<Stats>
  /** Ask for the last ones, which are a sample as well. */
  last(): Promise<Stats>
  readonly samples: readonly Sample[]
  /** What it remembers, for another to go on from. */
  image(): ObserverImage
  stop(): void
}

export interface ObserverImage {
  readonly samples: readonly Sample[]
  readonly keepEvery: number
  readonly seen: number
}

const SAMPLES_MAX = 1_200

export interface Watching {
  /** Simulated time between two samples, at the least. */
  readonly resolutionMs: number
  readonly onStats: (stats: Stats) => void
  readonly onEvent: (event: DeviceEvent) => void
  /** What an earlier one remembered. */
  readonly before?: ObserverImage | undefined
}

/** Something that the service told while it happened. */
export type DeviceEvent = Omit<Extract<LiveEvent, { type: 'event' }>, 'type'>

export function createObserver(client: MusterClient, { resolutionMs, onStats, onEvent, before }: Watching): Observer {
  let latest: Stats | undefined
  let samples: Sample[] = [...(before?.samples ?? [])]
  let keepEvery = before?.keepEvery ?? 1
  let seen = before?.seen ?? 0

  const take = (stats: Stats): void => {
    latest = stats
    const early = stats.atMs - (samples.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) < resolutionMs
    if (!early && seen++ % keepEvery === 0) samples.push(sampleOf(stats))
    // A long run keeps every second sample, then every fourth: the report stays small and the whole run is in it.
    if (samples.length > SAMPLES_MAX) {
      samples = samples.filter((_, index) => index % 2 === 0)
      keepEvery *= 2
    }
    onStats(stats)
  }
  const forget = client.watch((event) => {
    if (event.type === 'stats') take(event.stats)
    else {
      const { type: _, ...told } = event
      onEvent(told)
    }
  })

  const refresh = async (): Promise<Stats> => {
    const stats = (await client.call('GET', '/_muster/stats')) as Stats
    latest = stats
    return stats
  }

  return {
    get latest() {
      return latest
    },
    get samples() {
      return samples
    },
    refresh,
    last: async () => {
      const stats = await refresh()
      samples.push(sampleOf(stats))
      onStats(stats)
      return stats
    },
    image: () => ({ samples, keepEvery, seen }),
    stop: forget,
  }
}

export function sampleOf(stats: Stats): Sample {
  const state = (name: string): number =>
    Object.values(stats.compliance).reduce((sum, states) => sum + (states?.[name] ?? 0), 0)
  const { managed, retired, wiped, deleted } = stats.devices
  return {
    atMs: stats.atMs,
    wallMs: stats.wallMs,
    online: stats.workers.reduce((sum, { online }) => sum + online, 0),
    enrolled: managed,
    compliant: state('compliant'),
    inGracePeriod: state('inGracePeriod'),
    noncompliant: state('noncompliant') + state('conflict'),
    error: state('error'),
    unknown: state('unknown'),
    left: retired + wiped + deleted,
    reportsCommitted: stats.reports.committed,
    checkIns: stats.checkIns.managed + stats.checkIns.gated,
    certificatesActive: stats.certificates.active,
    certificatesIssued: Object.values(stats.certificates).reduce((sum, count) => sum + count, 0),
    certificatesRevoked: stats.certificates.revoked,
    busConnected: stats.busConnected,
    lagP99Ms: Math.max(0, ...stats.workers.map(({ lagP99Ms }) => lagP99Ms)),
    controlRssBytes: stats.rssBytes,
    workerRssBytes: stats.workers.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  }
}
