/** What a threshold may be about. */
export interface Metric {
  /** Of its values: milliseconds, or things. */
  readonly unit: 'duration' | 'count'
  /** Parts that `where` may narrow it down to. */
  readonly where: readonly WhereKey[]
  /** The name of its rate, where some of what it counts can fail. */
  readonly rate?: 'error' | 'failed'
  /** Its values have moments: `window`, `during` and `except` may choose among them. */
  readonly moments: boolean
  /** What of it is a matter of the machine, and means nothing in virtual time. */
  readonly machine?: 'all' | 'values'
}

export const whereKeys = ['policy', 'ring', 'in', 'fault', 'route'] as const
export type WhereKey = (typeof whereKeys)[number]

export const metrics = {
  'policy.time_to_applied': { unit: 'duration', where: ['policy', 'ring', 'in'], moments: true },
  'policy.time_to_committed': { unit: 'duration', where: ['policy', 'ring', 'in'], moments: true },
  'enrol.duration': { unit: 'duration', where: ['in'], rate: 'failed', moments: true },
  'report.ack_latency': { unit: 'duration', where: ['in'], moments: true },
  'report.lost': { unit: 'count', where: [], moments: false },
  'checkin.duration': { unit: 'duration', where: [], moments: true, machine: 'all' },
  'cert.expired_in_use': { unit: 'count', where: [], moments: true },
  'recovery.time': { unit: 'duration', where: ['fault'], moments: false },
  'graph.request': { unit: 'duration', where: ['route'], rate: 'error', moments: true, machine: 'values' },
  'simulator.lag': { unit: 'duration', where: [], moments: true, machine: 'all' },
  'run.wall': { unit: 'duration', where: [], moments: false },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metrics

export const metricNames = Object.keys(metrics) as [MetricName, ...MetricName[]]

export const metricOf = (name: MetricName): Metric => metrics[name]

/** Why a statistic of a metric says nothing in a virtual world; `undefined` when it says something. */
export function meaninglessInVirtual(name: MetricName, statistic: string): string | undefined {
  const { machine } = metricOf(name)
  if (machine === undefined || (machine === 'values' && (statistic === 'rate' || statistic === 'count')))
    return undefined
  return `${name} measures the machine, and means nothing in virtual time`
}
