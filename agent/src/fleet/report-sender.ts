import { encode, type Report, type ReportBatch, subjects } from '@muster/shared/contracts'
import { pause } from '@muster/shared/core'
import { createBatcher } from './batcher.ts'
import type { InterpreterOptions } from './interpreter.ts'

/** Reports are put together up to about this size; the door reads a quarter of a megabyte. */
const MESSAGE_BYTES = 180_000
const REPORTS_MAX = 100
/** Pause after a refused append, doubling, wall milliseconds. */
const RETRY_MIN_MS = 200
const RETRY_MAX_MS = 5_000
/** How long reports are collected, wall milliseconds. */
const LINGER_MS = 10

export interface ReportSender {
  send(report: Report, again: boolean): void
  hold(): void
  release(): void
  idle(): Promise<void>
  readonly busy: boolean
}

/**
 * Puts reports on the durable stream, in order, one message at a time being acknowledged before devices of the next are
 * counted as sent. A message that is not acknowledged is tried again under the same id: the stream stores it once.
 */
export function createReportSender({
  bus,
  tenant,
  agentId,
  boot,
  wall,
  lingerMs = LINGER_MS,
  counters,
  log,
}: InterpreterOptions): ReportSender {
  const subject = subjects.report(tenant, agentId)
  let count = 0
  const batcher = createBatcher<Report>({
    itemsMax: REPORTS_MAX,
    // One at a time: two messages that overtake each other would look like a gap.
    parallelMax: 1,
    lingerMs,
    wall,
    send: async (reports) => {
      for (const part of parts({ v: 1, agentId, reports: [...reports] }))
        await append(part, `${agentId}:${boot}:${++count}`)
    },
  })

  const append = async (payload: Uint8Array, msgId: string): Promise<void> => {
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(RETRY_MAX_MS, waitMs * 2)) {
      try {
        await bus.append(subject, payload, { msgId })
        return
      } catch (error) {
        const { code } = error as { code?: string }
        if (code === 'bus/closed') return
        if (code === 'bus/too-large') {
          // It never gets smaller, and the reports of all other devices wait behind it.
          log.error({ err: error, bytes: payload.length }, 'a report is too large to be sent')
          return
        }
        counters.requestErrors++
        log.debug({ err: error }, 'reports were not taken; they are sent again')
        await pause(wall, waitMs)
      }
    }
  }

  return {
    send: (report, again) => {
      if (again) counters.reportsResent++
      else counters.reportsSent++
      batcher.add(report)
    },
    hold: () => batcher.hold(),
    release: () => batcher.release(),
    idle: () => batcher.idle(),
    get busy() {
      return batcher.waiting + batcher.underWay > 0
    },
  }
}

/** A batch as messages that are small enough. */
function parts(batch: ReportBatch): readonly Uint8Array[] {
  const whole = encode(batch)
  if (whole.length <= MESSAGE_BYTES || batch.reports.length === 1) return [whole]
  const middle = Math.ceil(batch.reports.length / 2)
  return [
    ...parts({ ...batch, reports: batch.reports.slice(0, middle) }),
    ...parts({ ...batch, reports: batch.reports.slice(middle) }),
  ]
}
