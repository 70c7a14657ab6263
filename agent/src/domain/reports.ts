import type { PolicyReport, Report } from '@muster/shared/contracts'
import { certificateState } from './enrolment.ts'
import { type DeviceState, noMarks } from './state.ts'
import { deviceNowMs, ownCorrelation, type Turn } from './turn.ts'

/** With so many reports not known to be committed the device makes no new one and keeps its marks. */
export const OUTBOX_MAX = 32

/** Results of so many characters go into one report: with all that is around them, a message carries them. */
const RESULTS_CHARS_MAX = 150_000
/** So few are never too many, and are not measured. */
const RESULTS_FEW = 100

/** Whether the service has another account of the device. One object where nothing changed, but for a state read back. */
const inventoryIsNews = ({ inventory, reportedInventory }: DeviceState): boolean =>
  inventory !== reportedInventory && JSON.stringify(inventory) !== JSON.stringify(reportedInventory)

/** Whether anything has changed since the last report. */
export function hasNews(state: DeviceState): boolean {
  const { marks } = state
  return (
    inventoryIsNews(state) ||
    marks.certificate ||
    marks.policySet ||
    marks.policyIds.length + marks.removedPolicyIds.length + marks.commands.length > 0
  )
}

/** What went and came back again is not compared a second time. */
const withOneInventory = (state: DeviceState): DeviceState =>
  state.inventory === state.reportedInventory || inventoryIsNews(state)
    ? state
    : { ...state, reportedInventory: state.inventory }

/** Report what has changed, if anything has and the device can speak. */
export function reportNews(given: DeviceState, turn: Turn, correlationId?: string): DeviceState {
  const state = withOneInventory(given)
  const speaks = (state.phase === 'enrolled' || state.phase === 'leaving') && state.online
  if (!speaks || !hasNews(state) || state.outbox.length >= OUTBOX_MAX) return state
  const changed = state.policies.filter(({ reference }) => state.marks.policyIds.includes(reference.policyId))
  const now = fitting(changed)
  const report = compose(state, turn, correlationId ?? ownCorrelation(state), now)
  // Who speaks as another does so here as well; what it keeps, to be sent again, is its own.
  const { claimedId } = state.faults ?? {}
  const shown = claimedId === undefined ? report : { ...report, deviceId: claimedId }
  turn.effects.push({ type: 'report', report: shown, again: false })
  const next = {
    ...state,
    ...(state.faults?.stale === 'next' ? { faults: { ...state.faults, stale: report } } : {}),
    lastSeq: report.seq,
    outbox: [...state.outbox, report],
    marks: noMarks,
    reportedInventory: state.inventory,
  }
  if (now.length === changed.length) return next
  const left = changed.slice(now.length).map(({ reference }) => reference.policyId)
  return reportNews({ ...next, marks: { ...noMarks, policyIds: left } }, turn, correlationId)
}

/** As many policies, from the first on, as one report has room for. */
function fitting(changed: DeviceState['policies']): DeviceState['policies'] {
  const results = changed.reduce((sum, each) => sum + each.results.length, 0)
  if (changed.length < 2 || results <= RESULTS_FEW) return changed
  let chars = 0
  const beyond = changed.findIndex((each) => {
    chars += JSON.stringify(each.results).length
    return chars > RESULTS_CHARS_MAX
  })
  return beyond === -1 ? changed : changed.slice(0, Math.max(1, beyond))
}

function compose(state: DeviceState, turn: Turn, correlationId: string, changed: DeviceState['policies']): Report {
  const nowMs = deviceNowMs(state, turn)
  const { marks, certificate, deviceId } = state
  if (!certificate || deviceId === undefined) throw new Error(`${state.key} reports before it is enrolled`)
  return {
    v: 1,
    deviceId,
    seq: state.lastSeq + 1,
    observedAtMs: nowMs,
    correlationId,
    certificate: {
      serialNumber: certificate.serialNumber,
      notAfterMs: certificate.notAfterMs,
      state: certificateState(state, nowMs),
    },
    ...(state.policySetDigest === undefined ? {} : { policySetDigest: state.policySetDigest }),
    ...(inventoryIsNews(state) ? { inventory: state.inventory } : {}),
    ...(changed.length > 0
      ? {
          policies: changed.map(({ reference: { policyId, revision, kind }, results, appliedAtMs }) => ({
            policyId,
            revision,
            kind,
            // The same array as in the state, which keeps reports that wait cheap.
            results: results as PolicyReport['results'],
            appliedAtMs,
          })),
        }
      : {}),
    ...(marks.removedPolicyIds.length > 0 ? { removedPolicyIds: [...marks.removedPolicyIds] } : {}),
    ...(marks.commands.length > 0 ? { commands: [...marks.commands] } : {}),
  }
}

/** Drop what is committed, and hand out again what was handed out before `seqAtStart` and still is not. */
export function settleOutbox(state: DeviceState, turn: Turn, ackedSeq: number, seqAtStart: number): DeviceState {
  const outbox = state.outbox.filter(({ seq }) => seq > ackedSeq)
  for (const report of outbox) {
    if (report.seq <= seqAtStart) turn.effects.push({ type: 'report', report, again: true })
  }
  // A fleet that was set back to an earlier state must not number its reports as the service has them already.
  return { ...state, outbox, lastSeq: Math.max(state.lastSeq, ackedSeq) }
}
