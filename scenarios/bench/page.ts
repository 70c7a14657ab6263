import type { FaultTimes } from './fault-times.ts'
import type { FleetFigures } from './fleet.ts'
import type { Floor } from './floor.ts'
import { BOUND_MS, type GraphFigures } from './graph.ts'
import type { KillFigures } from './kills.ts'
import { quantile } from './quantile.ts'
import type { SoakFigures, SoakSeries } from './soak.ts'
import type { WorldFigures } from './world.ts'

export interface FleetsFigures {
  readonly floor: Floor | undefined
  readonly small: FleetFigures
  readonly large: FleetFigures
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')

/** What a virtual world came to, for people. */
export function worldText(figures: WorldFigures): string {
  const { devices, days, wallSeconds, cpuSeconds, events, usPerEvent, usPerBareEvent, rssBytesMax } = figures
  return `a virtual world of ${whole(devices)} devices through ${whole(days)} days
  time               ${cpuSeconds.toFixed(1)} s CPU, ${wallSeconds.toFixed(1)} s wall: ${whole((days * 86_400) / wallSeconds)} times as fast as life
  events             ${whole(events)}, ${whole(figures.checkIns)} check-ins, ${whole(figures.reports)} reports, ${whole(figures.renewals)} certificates renewed
  CPU an event       ${usPerEvent.toFixed(0)} µs, ${whole(usPerEvent / usPerBareEvent)} times a bare event of ${usPerBareEvent.toFixed(1)} µs
  memory             ${whole(rssBytesMax / 1_048_576)} MiB at most
`
}

/** What a device more costs, bytes. */
export function memoryOf({ small, large }: Pick<FleetsFigures, 'small' | 'large'>): {
  readonly workerBytesPerDevice: number
  readonly controlBytesPerDevice: number
} {
  const devices = large.devices - small.devices
  return {
    workerBytesPerDevice: Math.round((large.workerRssBytes - small.workerRssBytes) / devices),
    controlBytesPerDevice: Math.round((large.controlRssBytes - small.controlRssBytes) / devices),
  }
}

/** What live fleets came to, for people. */
export function fleetsText({ floor, small, large }: FleetsFigures): string {
  const { signatures = 1, rows = 1, requests = 1 } = floor ?? {}
  const per = memoryOf({ small, large })
  const ratio = (value: number, of: number): string => `${((value / of) * 100).toFixed(1)} % of the floor`
  const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KiB`
  const lines = [
    `floor:   ${whole(signatures)} P-256 signatures/s, ${whole(rows)} SQLite rows/s, ${whole(requests)} broker requests/s`,
  ]
  for (const figures of [small, large]) {
    const { committedMs, appliedMs } = figures.policy
    lines.push(
      `${whole(figures.devices)} devices`,
      `  enrolment          ${whole(figures.enrolledPerSecond)}/s, ${ratio(figures.enrolledPerSecond, signatures)} (signatures)`,
      `  policy on devices  ${whole(figures.policyPerSecond)}/s, ${ratio(figures.policyPerSecond, requests)} (requests), ${ratio(figures.policyPerSecond, rows)} (rows)`,
      `  publish → applied  p50 ${whole(appliedMs.p50)} ms, p99 ${whole(appliedMs.p99)} ms`,
      `  publish → commit   p50 ${whole(committedMs.p50)} ms, p99 ${whole(committedMs.p99)} ms, max ${whole(committedMs.max)} ms`,
      `  check-in           p50 ${figures.checkIn.p50.toFixed(1)} ms, p99 ${figures.checkIn.p99.toFixed(1)} ms in the service`,
      `  report → ack       p50 ${whole(figures.reportAck.p50)} ms, p99 ${whole(figures.reportAck.p99)} ms`,
      `  reports            ${whole(figures.sent)} sent, ${figures.lost} lost`,
    )
  }
  lines.push(
    `memory:  ${kib(per.workerBytesPerDevice)} per idle device in the worker, ${kib(per.controlBytesPerDevice)} in the control service`,
  )
  return `${lines.join('\n')}\n`
}

/** What Graph took, for people, beside what it may take. */
export function graphText(figures: GraphFigures): string {
  const { devices, reportsPerSecond, committedPerSecond, requests, whole: all, floor } = figures
  const ms = (value: number): string => value.toFixed(1).padStart(6)
  const over = requests.filter(({ medianMs, p99Ms }) => medianMs > BOUND_MS.median || p99Ms > BOUND_MS.p99)
  const lines = [
    `floor:   100 documents of 2 KiB read and written p50 ${ms(floor.medianMs)} ms, p99 ${ms(floor.p99Ms)} ms`,
    `Graph over ${whole(devices)} devices, ${whole(reportsPerSecond)} reports a second sent, ${whole(committedPerSecond)} committed`,
    ...requests.map(
      ({ url, medianMs, p99Ms, cpuMs }) => `  p50 ${ms(medianMs)} ms, p99 ${ms(p99Ms)} ms, CPU ${ms(cpuMs)} ms  ${url}`,
    ),
    `  bound  p50 ${BOUND_MS.median} ms, p99 ${BOUND_MS.p99} ms: ${over.length === 0 ? 'all within' : `${over.length} over`}`,
    `  all ${whole(devices)} in ${all.pages} pages, ${all.seconds.toFixed(1)} s: ${all.missing} missing, ${all.twice} twice`,
  ]
  return `${lines.join('\n')}\n`
}

/** What a long run came to, for people. */
export function soakText({
  devices,
  minutes,
  verdict,
  history,
  checkIns,
  faults,
  series,
  growing,
}: SoakFigures): string {
  const amount = ({ what }: SoakSeries, value: number): string =>
    what === 'handles' ? value.toFixed(1) : `${(value / 1_048_576).toFixed(1)} MiB`
  const lines = series.map((each) => {
    const { part, what, line } = each
    const share = line.mean === 0 ? 0 : (line.rise / line.mean) * 100
    const word = growing.includes(each) ? 'GROWS' : 'flat'
    return `  ${what.padEnd(8)} ${part.padEnd(9)} ${amount(each, line.mean)} on average, ${amount(each, line.perHour)} more an hour (${share.toFixed(1)} % over the run): ${word}\n`
  })
  return `a fleet of ${whole(devices)} devices over ${whole(minutes)} minutes: ${verdict}
  ${whole(checkIns)} check-ins, ${whole(history.sent)} reports, ${history.lost} lost, ${history.appliedTwice} applied twice, ${faults} faults
${lines.join('')}`
}

/** What parts that were killed came to, for people. */
export function killsText({ devices, rollBack, seed, parts, seconds, history, missing }: KillFigures): string {
  const span = (values: readonly number[]): string =>
    `${whole(quantile(values, 0.5))} ms at the median, ${whole(Math.max(...values))} at most`
  const lines = parts.flatMap(({ part, servesMs, commitsMs }) => [
    `  ${part}, killed ${servesMs.length} times\n`,
    `    serves again after    ${span(servesMs)}\n`,
    `    commits again after   ${span(commitsMs)}\n`,
  ])
  const problems = [...history.problems, ...missing.map((what) => `not on every device: ${what}`)]
  return `kills under ${whole(devices)} devices${rollBack ? ", older copies of the broker's disk put back" : ''}, seed ${seed}, ${whole(seconds)} s
${lines.join('')}  ${whole(history.sent)} reports sent, ${whole(history.committed)} committed, ${history.lost} lost, ${history.appliedTwice} applied twice
  ${missing.length === 0 ? 'the last word is on every device' : 'not every device has the last word'}
${problems.map((text) => `  ${text}\n`).join('')}`
}

/** What faults between a sender and a broker came to, for people. */
export function faultsText(faults: readonly FaultTimes[]): string {
  const lines = faults.map(
    ({ fault, noticedMs, recoveredMs, acknowledged, lost, twice }) =>
      `  ${fault.padEnd(24)} noticed after ${whole(noticedMs)} ms, well again ${whole(recoveredMs)} ms after its end; ${acknowledged} acknowledged, ${lost} lost, ${twice} twice\n`,
  )
  return `faults between a sender and the broker\n${lines.join('')}`
}
