import type { Stats } from '@muster/shared/contracts'
import {
  type ExpectationResult,
  formatDuration,
  type PhaseResult,
  type RunResult,
  type Span,
} from '@muster/shared/scenario'
import { sampleOf } from '../runner/observer.ts'
import type { Judged, LogHead, LogLine } from './line.ts'

type Of<T extends LogLine['t']> = Extract<LogLine, { t: T }>

const UNFINISHED_EXIT = 14
const SAMPLES_MAX = 1_200

/** The result of a run from its event log: the very one when it ended, else what there was, and that it did not end. */
export function resultOf(lines: readonly LogLine[]): RunResult {
  const all = <T extends LogLine['t']>(t: T): readonly Of<T>[] => lines.filter((line): line is Of<T> => line.t === t)
  const end = all('end')[0]
  if (end) return end.result
  const head = all('run')[0]
  if (!head) throw new Error('a log begins with its head')
  const stats = all('stats').map((line) => line.stats)
  const endedMs = Math.max(head.startedMs, ...lines.map(momentOf))
  const judged = (kind: Judged): readonly ExpectationResult[] =>
    all('judged').flatMap((line) => (line.kind === kind ? [line.result] : []))
  const { t: _, version, phases: names, ...known } = head
  return {
    ...known,
    version,
    verdict: 'aborted',
    exitCode: UNFINISHED_EXIT,
    unfinished: `the run did not end: its record stops ${formatDuration(endedMs - head.startedMs)} after it began`,
    endedWallMs: stats.at(-1)?.wallMs ?? head.startedWallMs,
    endedMs,
    phases: phasesOf(names, all('phase'), all('phase-end'), endedMs),
    faults: faultsOf(all('fault'), all('fault-end'), endedMs),
    thresholds: judged('threshold'),
    assertions: judged('assertion'),
    invariants: judged('invariant'),
    timeline: thinned(stats).map(sampleOf),
    events: all('event').map(({ t: __, ...event }) => event),
    final: stats.at(-1) ?? nothingKnown(head),
    policies: [],
    history: {
      ...{ ok: false, devices: 0, sent: 0, committed: stats.at(-1)?.reports.committed ?? 0, lost: 0, appliedTwice: 0 },
      problems: ['what was sent was not held against what is committed: the run did not end'],
    },
    devices: [],
  }
}

function momentOf(line: LogLine): number {
  switch (line.t) {
    case 'event':
    case 'device':
      return line.atMs
    case 'stats':
      return line.stats.atMs
    case 'phase':
    case 'fault':
      return line.fromMs
    case 'phase-end':
      return line.phase.toMs
    default:
      return Number.NEGATIVE_INFINITY
  }
}

/** Phases that ended as they ended, the one that was under way cut off, and the rest not begun. */
function phasesOf(
  names: readonly string[],
  begun: readonly Of<'phase'>[],
  ended: readonly Of<'phase-end'>[],
  endedMs: number,
): readonly PhaseResult[] {
  return names.map((name) => {
    const done = ended.find(({ phase }) => phase.name === name)
    if (done) return done.phase
    const fromMs = begun.find((phase) => phase.name === name)?.fromMs
    const text = 'the run did not end'
    return fromMs === undefined
      ? { name, fromMs: endedMs, toMs: endedMs, outcome: 'skipped', text }
      : { name, fromMs, toMs: endedMs, outcome: 'interrupted', text }
  })
}

/** Faults that were over, and those that were not. */
function faultsOf(begun: readonly Of<'fault'>[], ended: readonly Of<'fault-end'>[], endedMs: number): readonly Span[] {
  const over = ended.map(({ fault }) => fault)
  const open = begun.filter(({ name, fromMs }) => !over.some((span) => span.name === name && span.fromMs === fromMs))
  const spans = [...over, ...open.map(({ t: _, ...fault }) => ({ ...fault, toMs: endedMs }))]
  return spans.sort((a, b) => a.fromMs - b.fromMs)
}

/** As many as a report shows, evenly. */
function thinned(stats: readonly Stats[]): readonly Stats[] {
  const every = Math.ceil(stats.length / SAMPLES_MAX)
  return every <= 1 ? stats : stats.filter((_, index) => index % every === 0 || index === stats.length - 1)
}

const quantiles = { count: 0, p50: 0, p95: 0, p99: 0, max: 0 }

/** Before the first statistics. */
const nothingKnown = ({ startedMs, startedWallMs }: LogHead): Stats => ({
  atMs: startedMs,
  wallMs: startedWallMs,
  devices: { managed: 0, retired: 0, wiped: 0, deleted: 0 },
  compliance: {},
  policies: [],
  certificates: { active: 0, superseded: 0, revoked: 0, expired: 0 },
  actions: {},
  enrolments: { enrolled: 0, refused: {} },
  checkIns: { managed: 0, gated: 0, refused: 0 },
  reports: { committed: 0, duplicates: 0, gaps: 0, deadLetters: 0 },
  refusals: {},
  appRegistrations: 0,
  notifications: 0,
  reportAckMs: quantiles,
  checkInMs: quantiles,
  busConnected: false,
  workers: [],
  rssBytes: 0,
})
