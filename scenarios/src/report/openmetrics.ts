import type { Quantiles } from '@muster/shared/contracts'
import type { ExpectationResult, RunResult, Sample } from '@muster/shared/scenario'
import { STATES } from './states.ts'

type Labels = Readonly<Record<string, string>>

interface Point {
  readonly labels: Labels
  /** `_total`, `_count` and the like. */
  readonly suffix?: string
  readonly value: number
  readonly atMs?: number
}

interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'summary' | 'info'
  readonly unit?: 'seconds' | 'bytes'
  readonly help: string
  readonly points: readonly Point[]
}

/**
 * The run as OpenMetrics text: what was measured over the run with its moments, simulated time, and what it came to without.
 * Source: OpenMetrics 1.0, "Text format". `promtool tsdb create-blocks-from openmetrics` takes it in.
 */
export function renderOpenMetrics(result: RunResult): string {
  const families = [...runFamilies(result), ...timelineFamilies(result.timeline), ...endFamilies(result)]
  return `${families.map(familyText).join('')}# EOF\n`
}

function familyText({ name, type, unit, help, points }: Family): string {
  if (points.length === 0) return ''
  const lines = new Map<string, string>()
  for (const { labels, suffix = '', value, atMs } of points) {
    const at = atMs === undefined ? '' : ` ${(atMs / 1_000).toFixed(3)}`
    const series = `${name}${suffix}${labelText(labels)}`
    // Of two points of one series at one moment the format allows one.
    lines.set(`${series}${at}`, `${series} ${valueText(value)}${at}\n`)
  }
  return [
    `# TYPE ${name} ${type}\n`,
    ...(unit ? [`# UNIT ${name} ${unit}\n`] : []),
    `# HELP ${name} ${escaped(help)}\n`,
    ...lines.values(),
  ].join('')
}

const escaped = (text: string): string =>
  text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

const valueText = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'

function runFamilies(result: RunResult): readonly Family[] {
  const { runId, scenario, seed, mode, verdict, environment, exitCode, phases, faults } = result
  const seconds = (ms: number): number => ms / 1_000
  return [
    {
      name: 'muster_run',
      type: 'info',
      help: 'The run that this is about.',
      points: [
        {
          labels: { run: runId, scenario: scenario.name, seed, mode, verdict, version: environment['muster'] ?? '' },
          suffix: '_info',
          value: 1,
        },
      ],
    },
    gauge('muster_run_exit_code', 'What the run ended with.', [{ labels: {}, value: exitCode }]),
    inSeconds('muster_run_duration', 'How long the run took.', [
      { labels: { time: 'wall' }, value: seconds(result.endedWallMs - result.startedWallMs) },
      { labels: { time: 'simulated' }, value: seconds(result.endedMs - result.startedMs) },
    ]),
    inSeconds(
      'muster_phase_duration',
      'Simulated time that a phase took.',
      phases.map(({ name, outcome, fromMs, toMs }) => ({
        labels: { phase: name, outcome },
        value: seconds(toMs - fromMs),
      })),
    ),
    inSeconds(
      'muster_fault_duration',
      'Simulated time for which a fault lasted, all its occurrences together.',
      [...Map.groupBy(faults, ({ name, kind }) => `${kind}\n${name}`).values()].map((spans) => ({
        labels: { fault: spans[0]?.name ?? '', kind: spans[0]?.kind ?? '' },
        value: seconds(spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)),
      })),
    ),
    gauge('muster_expectation_held', 'Whether an expectation held: 1 or 0.', [
      ...held('threshold', result.thresholds),
      ...held('assertion', result.assertions),
      ...held('invariant', result.invariants),
    ]),
  ]
}

const gauge = (name: string, help: string, points: readonly Point[]): Family => ({ name, type: 'gauge', help, points })

const inSeconds = (name: string, help: string, points: readonly Point[]): Family => ({
  ...gauge(`${name}_seconds`, help, points),
  unit: 'seconds',
})

const held = (kind: string, results: readonly ExpectationResult[]): readonly Point[] =>
  results
    .filter(({ outcome }) => outcome === undefined)
    .map(({ name, expected, ok }) => ({ labels: { kind, name, expected }, value: ok ? 1 : 0 }))

function timelineFamilies(samples: readonly Sample[]): readonly Family[] {
  const over = (pick: (sample: Sample) => number, labels: Labels = {}, suffix = ''): readonly Point[] =>
    samples.map((sample) => ({ labels, value: pick(sample), atMs: sample.atMs, ...(suffix ? { suffix } : {}) }))
  const counter = (name: string, help: string, pick: (sample: Sample) => number): Family => ({
    ...{ name, type: 'counter', help },
    points: over(pick, {}, '_total'),
  })
  return [
    gauge(
      'muster_devices',
      'Managed devices by compliance state.',
      STATES.flatMap((state) => over((sample) => sample[state], { state })),
    ),
    gauge(
      'muster_devices_online',
      'Devices in reach.',
      over(({ online }) => online),
    ),
    gauge(
      'muster_devices_departed',
      'Devices that have left management.',
      over(({ left }) => left),
    ),
    gauge(
      'muster_certificates_active',
      'Certificates in force.',
      over(({ certificatesActive }) => certificatesActive),
    ),
    gauge(
      'muster_bus_connected',
      'Whether the service is connected to the broker: 1 or 0.',
      over(({ busConnected }) => (busConnected ? 1 : 0)),
    ),
    counter('muster_reports_committed', 'Reports in the store.', ({ reportsCommitted }) => reportsCommitted),
    counter('muster_check_ins', 'Check-ins that were answered.', ({ checkIns }) => checkIns),
    inSeconds(
      'muster_simulator_lag',
      'Lateness of appointments of the simulator, p99, wall time.',
      over(({ lagP99Ms }) => lagP99Ms / 1_000),
    ),
    {
      ...gauge('muster_memory_bytes', 'Resident memory.', [
        ...over(({ controlRssBytes }) => controlRssBytes, { part: 'control' }),
        ...over(({ workerRssBytes }) => workerRssBytes, { part: 'workers' }),
      ]),
      unit: 'bytes',
    },
  ]
}

function endFamilies({ final, policies, history }: RunResult): readonly Family[] {
  const { active, superseded, revoked, expired } = final.certificates
  const counts = (label: string, values: Readonly<Record<string, number>>): readonly Point[] =>
    Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }))
  return [
    gauge('muster_certificates', 'Certificates at the end.', counts('state', { active, superseded, revoked, expired })),
    gauge(
      'muster_reports',
      'Reports held against what the devices sent.',
      counts('state', {
        sent: history.sent,
        committed: history.committed,
        lost: history.lost,
        applied_twice: history.appliedTwice,
        dead_letters: final.reports.deadLetters,
      }),
    ),
    gauge(
      'muster_policy_devices',
      'Devices by the state of a policy at the end.',
      policies.flatMap(({ id, states }) =>
        Object.entries(states).map(([state, value]) => ({ labels: { policy: id, state }, value })),
      ),
    ),
    summary('muster_report_ack', 'From the observation of a report to its commit, wall time.', [
      [{}, final.reportAckMs],
    ]),
    summary('muster_check_in', 'Time in the service for a check-in, wall time.', [[{}, final.checkInMs]]),
    summary(
      'muster_policy_applied',
      'From the moment a device was targeted until the policy was carried out, simulated time.',
      policies.map(({ id, appliedMs }) => [{ policy: id }, appliedMs] as const),
    ),
    summary(
      'muster_policy_committed',
      'From the moment a device was targeted until the service had its answer, simulated time.',
      policies.map(({ id, committedMs }) => [{ policy: id }, committedMs] as const),
    ),
  ]
}

function summary(name: string, help: string, all: readonly (readonly [Labels, Quantiles])[]): Family {
  const quantile = (labels: Labels, share: string, ms: number): Point => ({
    labels: { ...labels, quantile: share },
    value: ms / 1_000,
  })
  return {
    ...{ name: `${name}_seconds`, type: 'summary', unit: 'seconds', help },
    points: all.flatMap(([labels, { count, p50, p95, p99, max }]) =>
      count === 0
        ? []
        : [
            quantile(labels, '0.5', p50),
            quantile(labels, '0.95', p95),
            quantile(labels, '0.99', p99),
            quantile(labels, '1', max),
            { labels, suffix: '_count', value: count },
          ],
    ),
  }
}
