import type { RunResult, Sample } from '@muster/shared/scenario'
import { html, Markup } from './markup.ts'
import { STATES } from './states.ts'

/** One figure over the run. `null`: not measured, such as a rate at the first sample. */
export type Series = readonly (number | null)[]

/** The run's time axis and all that is drawn over it. Times are simulated. */
export interface Moments {
  readonly fromMs: number
  readonly toMs: number
  readonly atMs: readonly number[]
  readonly series: Readonly<Record<string, Series>>
}

const MEBIBYTE = 1_048_576

/** What of a run is drawn over time. */
export function momentsOf({ startedMs, endedMs, timeline }: RunResult): Moments {
  const each = (pick: (sample: Sample) => number): Series => timeline.map((sample) => rounded(pick(sample)))
  const rate = (pick: (sample: Sample) => number): Series =>
    timeline.map((sample, index) => {
      const before = timeline[index - 1]
      if (!before) return null
      const wallSeconds = Math.max(1, sample.wallMs - before.wallMs) / 1_000
      return rounded(Math.max(0, pick(sample) - pick(before)) / wallSeconds)
    })
  return {
    fromMs: Math.min(startedMs, timeline[0]?.atMs ?? startedMs),
    toMs: Math.max(endedMs, timeline.at(-1)?.atMs ?? endedMs, startedMs + 1),
    atMs: timeline.map(({ atMs }) => atMs),
    series: {
      ...Object.fromEntries(STATES.map((state) => [state, each((sample) => sample[state])])),
      online: each(({ online }) => online),
      left: each(({ left }) => left),
      certificates: each(({ certificatesActive }) => certificatesActive),
      certificatesIssued: each(({ certificatesIssued }) => certificatesIssued),
      certificatesRevoked: each(({ certificatesRevoked }) => certificatesRevoked),
      reportsRate: rate(({ reportsCommitted }) => reportsCommitted),
      checkInsRate: rate(({ checkIns }) => checkIns),
      lag: each(({ lagP99Ms }) => lagP99Ms),
      controlMemory: each(({ controlRssBytes }) => controlRssBytes / MEBIBYTE),
      workerMemory: each(({ workerRssBytes }) => workerRssBytes / MEBIBYTE),
    },
  }
}

const rounded = (value: number): number => Number(value.toFixed(value < 10 ? 2 : value < 1_000 ? 1 : 0))

/** The data for the page's script. Nothing in it can end the element that holds it. */
export function momentsData(moments: Moments, { phases, faults, events }: RunResult): Markup {
  const data = {
    ...moments,
    phases: phases
      .filter(({ outcome }) => outcome !== 'skipped')
      .map(({ name, fromMs, toMs }) => ({ name, fromMs, toMs })),
    faults: faults.map(({ name, fromMs, toMs }) => ({ name, fromMs, toMs })),
    events: events.map(({ atMs, what, text }) => ({ atMs, text: `${what}: ${text}` })),
  }
  const json = JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return html`<script type="application/json" id="moments">${new Markup(json)}</script>`
}
