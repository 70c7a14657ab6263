import type { Stats } from '@muster/shared/contracts'
import type { RunEvent, Sample } from '@muster/shared/scenario'
import type { MusterClient } from '../client/muster-client.ts'

/** Watches the service over its live door, and remembers. */
export interface Observer {
  /** The newest statistics. */
  readonly latest: Stats | undefined
  /** Ask for statistics now. */
  refresh(): Promise<Stats>
  readonly samples: readonly Sample[]
  /** Notable events of devices, the newest few thousand. */
  readonly deviceEvents: readonly (RunEvent & { readonly deviceId: string | undefined })[]
  onStats(listener: (stats: Stats) => void): void
  stop(): void
}

const SAMPLES_MAX = 1_200
const EVENTS_MAX = 5_000

export function createObserver(client: MusterClient): Observer {
  let latest: Stats | undefined
  let samples: Sample[] = []
  let keepEvery = 1
  let seen = 0
  const deviceEvents: (RunEvent & { deviceId: string | undefined })[] = []
  const listeners: ((stats: Stats) => void)[] = []

  const take = (stats: Stats): void => {
    latest = stats
    if (seen++ % keepEvery === 0) samples.push(sampleOf(stats))
    // A long run keeps every second sample, then every fourth: the report stays small and the whole run is in it.
    if (samples.length > SAMPLES_MAX) {
      samples = samples.filter((_, index) => index % 2 === 0)
      keepEvery *= 2
    }
    for (const listener of listeners) listener(stats)
  }
  const forget = client.watch((event) => {
    if (event.type === 'stats') take(event.stats)
    else {
      deviceEvents.push({ atMs: event.atMs, what: event.what, text: event.text, deviceId: event.deviceId })
      if (deviceEvents.length > EVENTS_MAX) deviceEvents.splice(0, EVENTS_MAX / 2)
    }
  })

  return {
    get latest() {
      return latest
    },
    get samples() {
      return samples
    },
    deviceEvents,
    refresh: async () => {
      const stats = (await client.call('GET', '/_muster/stats')) as Stats
      latest = stats
      return stats
    },
    onStats: (listener) => listeners.push(listener),
    stop: forget,
  }
}

function sampleOf(stats: Stats): Sample {
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
    busConnected: stats.busConnected,
    lagP99Ms: Math.max(0, ...stats.workers.map(({ lagP99Ms }) => lagP99Ms)),
    controlRssBytes: stats.rssBytes,
    workerRssBytes: stats.workers.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  }
}
