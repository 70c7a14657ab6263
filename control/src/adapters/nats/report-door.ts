import { decode, ReportBatch } from '@muster/shared/contracts'
import { type Bus, CodedError, type DurableMessage, type Subscription } from '@muster/shared/core'
import { type Logger, sendDeadLetter } from '@muster/shared/runtime'
import type { Ingested, ReceivedReport } from '../../app/ingest-reports.ts'
import { letterId, reasonOf } from './request-door.ts'

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
  readonly onDeadLetter: () => void
  readonly log: Logger
}

/**
 * Reports from the stream to the store. A batch is acknowledged when it is committed. What cannot be read, or comes from
 * somebody who may not report, goes to the dead letters and is acknowledged as well: it would never get better.
 */
export function openReportDoor(options: ReportDoorOptions): Promise<Subscription> {
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
  return bus.consume('REPORTS', handle, {
    durable: 'ingest',
    maxBatch: MESSAGES_PER_BATCH,
    onError: (error) => log.error({ err: error }, 'reports could not be taken in; they stay on the stream'),
  })
}

async function take(options: ReportDoorOptions, messages: readonly DurableMessage[]): Promise<void> {
  const reports: ReceivedReport[] = []
  for (const message of messages) reports.push(...(await read(options, message)))
  for (let from = 0; from < reports.length; from += REPORTS_PER_TRANSACTION)
    await commit(options, reports.slice(from, from + REPORTS_PER_TRANSACTION))
}

async function commit(options: ReportDoorOptions, reports: readonly ReceivedReport[]): Promise<void> {
  const ingested = await options.ingest(reports)
  options.onIngested(ingested)
  for (const { received, code, message } of ingested.refused) {
    options.onDeadLetter()
    const payload = new TextEncoder().encode(JSON.stringify(received.report))
    const letter = { subject: `report of ${received.agentId}`, payload, code, reason: message }
    await sendDeadLetter(options.bus, letter, letterId(code, payload))
  }
  if (ingested.gaps.length > 0) await options.resync(ingested.gaps)
}

/** A message that the service fails on must not hold up all others for ever; its devices are asked for it again. */
async function takeAlone(options: ReportDoorOptions, message: DurableMessage): Promise<void> {
  try {
    await take(options, [message])
  } catch (error) {
    if (error instanceof CodedError) throw error
    const { bus, log, onDeadLetter } = options
    const { subject, payload } = message
    onDeadLetter()
    log.error({ err: error, subject }, 'a report message cannot be taken in')
    const letter = { subject, payload, code: 'message/unprocessable', reason: reasonOf(error) }
    await sendDeadLetter(bus, letter, letterId(subject, payload))
  }
}

async function read(
  { bus, log, onDeadLetter }: ReportDoorOptions,
  { subject, payload }: DurableMessage,
): Promise<ReceivedReport[]> {
  const decoded = decode(ReportBatch, payload)
  // v1.up.<tenant>.<agent>.rpt
  const agentId = subject.split('.')[3] ?? ''
  if (decoded.ok && decoded.value.agentId === agentId)
    return decoded.value.reports.map((report) => ({ agentId, report }))
  const refusal = decoded.ok
    ? { code: 'message/other-agent', message: 'the message names another agent than its subject' }
    : decoded.refusal
  onDeadLetter()
  log.warn({ subject, code: refusal.code }, 'a report message cannot be read')
  const at = 'at' in refusal && refusal.at !== undefined ? { at: refusal.at } : {}
  await sendDeadLetter(
    bus,
    { subject, payload, code: refusal.code, reason: refusal.message, ...at },
    letterId(subject, payload),
  )
  return []
}
