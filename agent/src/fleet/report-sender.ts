import {
  encode,
  type Report,
  type ReportBatch,
  reportText,
  type SignedReport,
  subjects,
} from '@muster/shared/contracts'
import { pause } from '@muster/shared/core'
import { createBatcher } from './batcher.ts'
import type { InterpreterOptions } from './interpreter.ts'
import type { Slot } from './slots.ts'

/** Reports are put together up to about this size; the door reads a quarter of a megabyte. */
const MESSAGE_BYTES = 180_000
const REPORTS_MAX = 100
/** Pause after a refused append, doubling, wall milliseconds. */
const RETRY_MIN_MS = 200
const RETRY_MAX_MS = 5_000
/** How long reports are collected, wall milliseconds. */
const LINGER_MS = 10

export interface ReportSender {
  send(slot: Slot, report: Report, again: boolean): void
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
  sessions,
  log,
}: InterpreterOptions): ReportSender {
  const subject = subjects.report(tenant, agentId)
  let count = 0
  /** Signed when it goes out, with the certificate of that moment; a device that has left has nothing more to say. */
  const signed = (slot: Slot, report: Report, session: string): readonly SignedReport[] => {
    const certificateSerial = slot.state.certificate?.serialNumber ?? report.certificate.serialNumber
    const text = JSON.stringify(report)
    const mac = sessions.sign(slot, certificateSerial, reportText({ agentId, session, certificateSerial }, text))
    return mac === undefined ? [] : [{ certificateSerial, mac, report: text }]
  }
  const batcher = createBatcher<{ readonly slot: Slot; readonly report: Report }>({
    itemsMax: REPORTS_MAX,
    // One at a time: two messages that overtake each other would look like a gap.
    parallelMax: 1,
    lingerMs,
    wall,
    send: async (items) => {
      while (sessions.current === undefined) await pause(wall, RETRY_MAX_MS)
      const session = sessions.current
      const reports = items.flatMap(({ slot, report }) => signed(slot, report, session))
      if (reports.length === 0) return
      for (const part of parts({ v: 1, agentId, session, reports })) await append(part, `${agentId}:${boot}:${++count}`)
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
    send: (slot, report, again) => {
      if (again) counters.reportsResent++
      else counters.reportsSent++
      batcher.add({ slot, report })
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
