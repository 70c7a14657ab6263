import { formatDuration, type PhaseResult, type Span } from '@muster/shared/scenario'
import { tickText, timeTicks, valueTicks } from './axis.ts'
import { html, type Markup } from './markup.ts'
import type { Moments, Series } from './moments.ts'
import { STATES, stateColour, stateWord } from './states.ts'

/*
 * Plots are stretched to the width of the page, words are not: they stand in HTML beside the SVG, placed by per cent, so that
 * they stay as large on a telephone as on a wall.
 */

const WIDTH = 1_000

/** What lies behind every plot: where phases begin, and when something was broken. */
export interface Backdrop {
  readonly phases: readonly PhaseResult[]
  readonly faults: readonly Span[]
}

type Axis = Pick<Moments, 'fromMs' | 'toMs'>

const shareOf = ({ fromMs, toMs }: Axis, atMs: number): number =>
  Math.max(0, Math.min(1, (atMs - fromMs) / Math.max(1, toMs - fromMs)))

/** Where a moment is on the axis, for a style. */
export const percentOf = (axis: Axis, atMs: number): string => `${(shareOf(axis, atMs) * 100).toFixed(2)}%`

/** Left edge and width of a span, for a style. */
export const spanStyle = (axis: Axis, { fromMs, toMs }: Pick<Span, 'fromMs' | 'toMs'>): string =>
  `left:${percentOf(axis, fromMs)};width:${((shareOf(axis, toMs) - shareOf(axis, fromMs)) * 100).toFixed(2)}%`

function plot(
  moments: Moments,
  backdrop: Backdrop,
  top: readonly number[],
  heightPx: number,
  drawn: Markup | readonly Markup[],
  label: string,
): Markup {
  const max = top.at(-1) ?? 1
  const grid = top.slice(1).map((tick) => {
    const y = (1 - tick / max) * heightPx
    return html`<line class="grid" x1="0" x2="${WIDTH}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>`
  })
  const names = top.map(
    (tick) => html`<span style="bottom:${((tick / max) * 100).toFixed(2)}%">${tickText(tick)}</span>`,
  )
  const outages = joined(backdrop.faults).map(
    (span) => html`<div class="outage" style="${spanStyle(moments, span)}"></div>`,
  )
  const cuts = backdrop.phases
    .filter(({ outcome }) => outcome !== 'skipped')
    .map(({ fromMs }) => html`<div class="cut" style="left:${percentOf(moments, fromMs)}"></div>`)
  return html`<div class="y" aria-hidden="true">${names}</div>
<div class="plot" style="height:${heightPx}px"><svg viewBox="0 0 ${WIDTH} ${heightPx}" preserveAspectRatio="none" role="img" aria-label="${label}">${grid}${drawn}</svg>${cuts}${outages}</div>`
}

/** Spans that touch or lie over each other, as one: shading does not say how many there are. */
function joined(spans: readonly Pick<Span, 'fromMs' | 'toMs'>[]): readonly Pick<Span, 'fromMs' | 'toMs'>[] {
  const one: { fromMs: number; toMs: number }[] = []
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = one.at(-1)
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs)
    else one.push({ fromMs, toMs })
  }
  return one
}

/** The axis of simulated time below a plot. */
function timeAxis(axis: Axis): Markup {
  const spanMs = axis.toMs - axis.fromMs
  const ticks = timeTicks(spanMs)
  return html`<div class="x" aria-hidden="true">${ticks.map((tick) => {
    const share = tick / Math.max(1, spanMs)
    const place = share === 0 ? 'first' : share > 0.96 ? 'last' : ''
    return html`<span class="${place}" style="left:${(share * 100).toFixed(2)}%">${tick === 0 ? 'start' : `+${formatDuration(tick)}`}</span>`
  })}</div>`
}

const xOf = (moments: Moments, index: number): string => (shareOf(moments, moments.atMs[index] ?? 0) * WIDTH).toFixed(1)

/** Device states over simulated time, stacked; `lanes` stand above it on the same axis. */
export function statesChart(moments: Moments, backdrop: Backdrop, lanes: Markup): Markup {
  const heightPx = 260
  const { atMs, series } = moments
  const at = (state: string, index: number): number => series[state]?.[index] ?? 0
  const below = (level: number, index: number): number =>
    STATES.slice(0, level).reduce((sum, state) => sum + at(state, index), 0)
  const totals = atMs.map((_, index) => below(STATES.length, index))
  const ticks = valueTicks(Math.max(1, ...totals))
  const max = ticks.at(-1) ?? 1
  const point = (value: number, index: number): string =>
    `${xOf(moments, index)},${((1 - value / max) * heightPx).toFixed(1)}`
  const areas = STATES.map((state, level) => {
    const top = atMs.map((_, index) => point(below(level + 1, index), index))
    const bottom = atMs.map((_, index) => point(below(level, index), index)).reverse()
    return html`<polygon points="${[...top, ...bottom].join(' ')}" style="fill:${stateColour(state)}"/>`
  })
  const last = Math.max(0, atMs.length - 1)
  const label = `Managed devices by compliance state over simulated time; at the end ${STATES.map((state) => `${stateWord(state)} ${at(state, last)}`).join(', ')}`
  return html`<figure class="chart"><figcaption><span>Managed devices by compliance state <span class="dim">over simulated time</span></span></figcaption>
<ul class="legend">${STATES.map((state) => html`<li><i style="background:${stateColour(state)}"></i>${stateWord(state)}<b data-value="${state}">${at(state, last).toLocaleString('en')}</b></li>`)}${backdrop.faults.length > 0 && html`<li><i class="hatched"></i>fault</li>`}</ul>
<div class="frame">${lanes}${plot(moments, backdrop, ticks, heightPx, areas, label)}${timeAxis(moments)}</div></figure>`
}

/** One figure over simulated time, with its unit. */
export function lineChart(moments: Moments, backdrop: Backdrop, key: string, title: string, unit: string): Markup {
  const heightPx = 96
  const values: Series = moments.series[key] ?? []
  const measured = values.filter((value) => value !== null)
  const most = Math.max(0, ...measured)
  const ticks = valueTicks(Math.max(most, 1), 3)
  const max = ticks.at(-1) ?? 1
  const points = values.flatMap((value, index) =>
    value === null ? [] : [{ x: xOf(moments, index), y: ((1 - value / max) * heightPx).toFixed(1) }],
  )
  const line = points.map(({ x, y }) => `${x},${y}`).join(' ')
  const drawn =
    points.length === 0
      ? html``
      : html`<polygon class="under" points="${points[0]?.x ?? 0},${heightPx} ${line} ${points.at(-1)?.x ?? 0},${heightPx}"/><polyline class="line" points="${line}"/>`
  return html`<figure class="chart"><figcaption><span>${title}</span> <b data-value="${key}">${tickText(measured.at(-1) ?? 0)}</b> <span class="dim">${unit}, at most ${tickText(most)}</span></figcaption>
<div class="frame">${plot(moments, backdrop, ticks, heightPx, drawn, `${title} over simulated time, ${unit}: at most ${tickText(most)}, at the end ${tickText(measured.at(-1) ?? 0)}`)}${timeAxis(moments)}</div></figure>`
}
