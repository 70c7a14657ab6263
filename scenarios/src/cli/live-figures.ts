import type { Stats } from '@muster/shared/contracts'

/** The time of day. */
export const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19)

/** Managed devices in a compliance state. */
export const sumOf = (stats: Stats, state: string): number =>
  Object.values(stats.compliance).reduce((sum, states) => sum + (states?.[state] ?? 0), 0)

/** The state of the world in one line. */
export function figures(stats: Stats): string {
  const online = stats.workers.reduce((sum, worker) => sum + worker.online, 0)
  return [
    `devices ${stats.devices.managed} (${online} online)`,
    `compliant ${sumOf(stats, 'compliant')}`,
    `grace ${sumOf(stats, 'inGracePeriod')}`,
    `noncompliant ${sumOf(stats, 'noncompliant')}`,
    `reports ${stats.reports.committed}`,
    `check-ins ${stats.checkIns.managed + stats.checkIns.gated}`,
    `ack p99 ${stats.reportAckMs.p99.toFixed(0)} ms`,
  ].join(', ')
}
