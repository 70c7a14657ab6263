import type { CommittedEntry, HistoryEntry } from '@muster/shared/contracts'
import type { HistoryVerdict } from './run-result.ts'

const PROBLEMS_MAX = 50

/**
 * The history checker: what devices say they sent against what the store says it committed, device by device. Every
 * report must be there, each once, without gaps, and none that nobody sent. `population` is how many devices must answer
 * for what they sent: a device that was not asked proves nothing.
 */
export function checkHistory(
  sent: readonly HistoryEntry[],
  committed: readonly CommittedEntry[],
  population: number,
): HistoryVerdict {
  const byDevice = new Map(committed.map((entry) => [entry.deviceId, entry]))
  const problems: string[] = []
  let lost = 0
  let appliedTwice = 0
  let sentTotal = 0
  if (sent.length !== population) problems.push(`all: ${sent.length} of ${population} devices said what they sent`)
  const senders = new Set(sent.map(({ deviceId }) => deviceId))
  for (const { deviceId, reports } of committed) {
    if (!senders.has(deviceId) && reports > 0)
      problems.push(`${deviceId}: ${reports} reports are committed that no device sent`)
  }
  for (const { deviceKey, deviceId, lastSeq } of sent) {
    sentTotal += lastSeq
    const entry = deviceId === undefined ? undefined : byDevice.get(deviceId)
    if (!entry) {
      lost += lastSeq
      if (lastSeq > 0) problems.push(`${deviceKey}: sent ${lastSeq} reports, and the store does not know it`)
      continue
    }
    const missing = lastSeq - entry.reports
    if (missing > 0) problems.push(`${deviceKey}: sent ${lastSeq} reports, ${entry.reports} are committed`)
    if (missing < 0) problems.push(`${deviceKey}: sent ${lastSeq} reports, but ${entry.reports} are committed`)
    lost += Math.max(0, missing)
    appliedTwice += Math.abs(entry.appliedReports - entry.reports)
    if (entry.appliedReports !== entry.reports)
      problems.push(`${deviceKey}: ${entry.reports} reports were applied ${entry.appliedReports} times`)
    const gapless =
      entry.reports === 0 ||
      (entry.firstSeq === 1 && entry.lastSeq === entry.reports && entry.ackedSeq === entry.lastSeq)
    if (!gapless)
      problems.push(
        `${deviceKey}: its ${entry.reports} reports run from ${entry.firstSeq} to ${entry.lastSeq}, acknowledged to ${entry.ackedSeq}`,
      )
  }
  return {
    ok: problems.length === 0,
    devices: sent.length,
    sent: sentTotal,
    committed: committed.reduce((sum, { reports }) => sum + reports, 0),
    lost,
    appliedTwice,
    problems: problems.slice(0, PROBLEMS_MAX),
  }
}
