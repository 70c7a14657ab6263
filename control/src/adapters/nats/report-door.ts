import {
  decode,
  decodeText,
  encode,
  Report,
  ReportBatch,
  type SignedReport,
  streamSubjects,
} from '@muster/shared/contracts'
import { type Bus, type BusMessage, CodedError, type DurableMessage } from '@muster/shared/core'
import { type Logger, matchesSubject, sendDeadLetter } from '@muster/shared/runtime'
import type { Ingested, ReceivedReport } from '../../app/ingest-reports.ts'
import { type Door, letterId, reasonOf } from './request-door.ts'

/** Messages of the stream that are acknowledged together. */
const MESSAGES_PER_BATCH = 64
/** Reports that one transaction takes: whoever reads meanwhile waits for it, also when there are many to catch up with. */
const REPORTS_PER_TRANSACTION = 250
/** After so many failures a batch is taken message by message. */
const TRIES_TOGETHER = 4

export interface ReportDoorOptions {
  readonly bus: Bus
  readonly ingest: (reports: readonly ReceivedReport[]) => Promise<Ingested>
  /** Devices with a gap in their reports must check in. */
  readonly resync: (gaps: Ingested['gaps']) => Promise<void>
  readonly onIngested: (ingested: Ingested) => void
  readonly onDeadLetter: (code: string) => void
  readonly log: Logger
}

/**
 * Reports from the stream to the store. A batch is acknowledged when it is committed. What cannot be read, or comes from
 * somebody who may not report, goes to the dead letters and is acknowledged as well: it would never get better.
 */
export async function openReportDoor(options: ReportDoorOptions): Promise<Door> {
  const { bus, log } = options
  const handle = async (messages: readonly DurableMessage[]): Promise<void> => {
    try {
      await take(options, messages)
    } catch (error) {
      const tried = Math.min(...messages.map(({ deliveries }) => deliveries))
      if (error instanceof CodedError || tried < TRIES_TOGETHER) throw error
      for (const message of messages) await takeAlone(options, message)
    }
  }
  const served = await bus.consume('REPORTS', handle, {
    durable: 'ingest',
    maxBatch: MESSAGES_PER_BATCH,
    onError: (error) => log.error({ err: error }, 'reports could not be taken in; they stay on the stream'),
  })
  return {
    stop: served.stop,
    redeliver: async (message) => {
      if (!streamSubjects.REPORTS.some((pattern) => matchesSubject(pattern, message.subject))) return undefined
      const codes: string[] = []
      const onDeadLetter = (code: string): void => {
        codes.push(code)
        options.onDeadLetter(code)
      }
      await takeAlone({ ...options, onDeadLetter }, { ...message, deliveries: 1 })
      return codes[0] ?? 'taken'
    },
  }
}

async function take(options: ReportDoorOptions, messages: readonly DurableMessage[]): Promise<void> {
  const arrived: Arrived[] = []
  for (const message of messages) arrived.push(...(await read(options, message)))
  for (let from = 0; from < arrived.length; from += REPORTS_PER_TRANSACTION)
    await commit(options, arrived.slice(from, from + REPORTS_PER_TRANSACTION))
}

/** A report, and the subject that it came on. */
interface Arrived {
  readonly subject: string
  readonly received: ReceivedReport
}

async function commit(options: ReportDoorOptions, arrived: readonly Arrived[]): Promise<void> {
  const ingested = await options.ingest(arrived.map(({ received }) => received))
  const subjectOf = new Map(arrived.map(({ subject, received }) => [received, subject]))
  options.onIngested(ingested)
  for (const { received, code, message } of ingested.refused) {
    const { agentId, session, certificateSerial, mac, text } = received
    const refusal = { code, message }
    await bury(
      options,
      subjectOf.get(received) ?? '',
      messageOf(agentId, session, { certificateSerial, mac, report: text }),
      refusal,
    )
  }
  if (ingested.gaps.length > 0) await options.resync(ingested.gaps)
}

/** A message that the service fails on must not hold up all others for ever; its devices are asked for it again. */
async function takeAlone(options: ReportDoorOptions, message: DurableMessage): Promise<void> {
  try {
    await take(options, [message])
  } catch (error) {
    if (error instanceof CodedError) throw error
    options.log.error({ err: error, subject: message.subject }, 'a report message cannot be taken in')
    await bury(options, message.subject, message.payload, { code: 'message/unprocessable', message: reasonOf(error) })
  }
}

async function read(options: ReportDoorOptions, { subject, payload }: BusMessage): Promise<readonly Arrived[]> {
  const decoded = decode(ReportBatch, payload)
  // v1.up.<tenant>.<agent>.rpt
  const agentId = subject.split('.')[3] ?? ''
  if (!decoded.ok || decoded.value.agentId !== agentId) {
    const other = { code: 'message/other-agent', message: 'the message names another agent than its subject' }
    await bury(options, subject, payload, decoded.ok ? other : decoded.refusal)
    return []
  }
  const { session, reports } = decoded.value
  const arrived: Arrived[] = []
  for (const signed of reports) {
    const report = decodeText(Report, signed.report)
    // The others of the message are none the worse for one that cannot be read.
    if (!report.ok) await bury(options, subject, messageOf(agentId, session, signed), report.refusal)
    else {
      const { certificateSerial, mac, report: text } = signed
      const received = { agentId, session, certificateSerial, mac, text, report: report.value }
      arrived.push({ subject, received })
    }
  }
  return arrived
}

/** A message with one report, as its agent would have sent it alone. */
const messageOf = (agentId: string, session: string, signed: SignedReport): Uint8Array =>
  encode({ v: 1, agentId, session, reports: [signed] } satisfies ReportBatch)

async function bury(
  { bus, log, onDeadLetter }: ReportDoorOptions,
  subject: string,
  payload: Uint8Array,
  { code, message, at }: { readonly code: string; readonly message: string; readonly at?: string },
): Promise<void> {
  onDeadLetter(code)
  log.warn({ subject, code }, 'a report goes to the dead letters')
  const letter = { subject, payload, code, reason: message, ...(at === undefined ? {} : { at }) }
  await sendDeadLetter(bus, letter, letterId(subject, payload))
}
