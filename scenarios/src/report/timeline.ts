import { type ExpectationResult, formatDuration, type RunResult, type Span } from '@muster/shared/scenario'
import { lineChart, percentOf, spanStyle, statesChart } from './charts.ts'
import { html, type Markup } from './markup.ts'
import { type Moments, momentsData } from './moments.ts'
import { elapsedText } from './times.ts'

/** The run on one axis: phases, faults, events, what broke when, and the fleet below. */
export function timelineSection(result: RunResult, moments: Moments, failed: readonly ExpectationResult[]): Markup {
  const { phases, faults, timeline } = result
  if (timeline.length === 0)
    return html`<section id="timeline"><h2>Timeline</h2><p>The run ended before anything was measured.</p>${eventList(result)}</section>`
  const backdrop = { phases, faults }
  const lanes = html`${phaseLane(result, moments)}${faultLanes(result, moments)}${eventLane(result, moments, failed)}`
  return html`<section id="timeline"><h2>Timeline</h2>
${statesChart(moments, backdrop, lanes)}
<div class="slider"><input type="range" id="moment" min="0" max="1000" value="1000" aria-label="Moment of the run, for all charts" hidden></div>
<p id="story">At the end of the run. Point at a chart, or use the slider, to see any other moment; Escape lets go.</p>
${lineChart(moments, backdrop, 'online', 'Devices online', 'devices')}
${eventList(result)}
${momentsData(moments, result)}</section>`
}

function phaseLane({ phases, startedMs, endedMs }: RunResult, moments: Moments): Markup {
  const begun = phases.filter(({ outcome }) => outcome !== 'skipped')
  const first = begun[0]?.fromMs ?? endedMs
  return html`<span class="lane-name">phases</span><div class="lane"><span class="phase before" style="${spanStyle(moments, { fromMs: startedMs, toMs: first })}" title="enrolment, ${formatDuration(first - startedMs)}">enrolment</span>${begun.map(
    (phase) =>
      html`<span class="phase ${phase.outcome === 'done' ? '' : 'broken'}" style="${spanStyle(moments, phase)}" title="${phase.name}: ${phase.outcome}, ${formatDuration(phase.toMs - phase.fromMs)}">${phase.name}</span>`,
  )}</div>`
}

/** Faults on as many lanes as lie over each other, so that each can be read. */
function faultLanes({ faults }: RunResult, moments: Moments): readonly Markup[] {
  return lanesOf(faults, (moments.toMs - moments.fromMs) * LABEL_SHARE).map(
    (lane, index) =>
      html`<span class="lane-name">${index === 0 ? 'faults' : ''}</span><div class="lane">${lane.map(
        (fault) =>
          html`<span class="fault" style="${spanStyle(moments, fault)}" title="${fault.name}: ${fault.text}">${fault.name}</span>`,
      )}</div>`,
  )
}

/** What a name takes of the axis at the least. */
const LABEL_SHARE = 0.06
/** More lanes than that are no help. */
const LANES_MAX = 6

/** Spans dealt to lanes, each to the first in which there is room; the last takes what is left. */
function lanesOf(spans: readonly Span[], labelMs: number): readonly (readonly Span[])[] {
  const lanes: Span[][] = []
  for (const span of spans) {
    const free = lanes.find((lane) => {
      const last = lane.at(-1)
      return !last || Math.max(last.toMs, last.fromMs + labelMs) <= span.fromMs
    })
    if (free) free.push(span)
    else if (lanes.length < LANES_MAX) lanes.push([span])
    else lanes.at(-1)?.push(span)
  }
  return lanes
}

/** What happened, as dots; what failed, as links to its card. Phases have a lane of their own. */
function eventLane({ events, startedMs }: RunResult, moments: Moments, failed: readonly ExpectationResult[]): Markup {
  const shown = events.filter(({ what }) => what !== 'phase' && what !== 'history')
  return html`<span class="lane-name">events</span><div class="lane">${shown.map(
    ({ atMs, what, text }) =>
      html`<span class="event ${what === 'fault' ? 'fault-event' : ''}" style="left:${percentOf(moments, atMs)}" title="${elapsedText(atMs - startedMs)} ${what}: ${text}"></span>`,
  )}${failed.map(
    ({ atMs, name }, index) =>
      html`<a class="broke" href="#failure-${index + 1}" style="left:${percentOf(moments, atMs)}" title="${name} failed" aria-label="${name} failed at ${elapsedText(atMs - startedMs)}">✗</a>`,
  )}</div>`
}

const eventList = ({ events, startedMs }: RunResult): Markup =>
  html`<details><summary>${events.length} events</summary><div class="scroll" tabindex="0" role="region" aria-label="Events"><table><thead><tr><th scope="col">At</th><th scope="col">What</th><th scope="col">Event</th></tr></thead><tbody>${events.map(
    ({ atMs, what, text }) =>
      html`<tr><td class="moment">${elapsedText(atMs - startedMs)}</td><td>${what}</td><td>${text}</td></tr>`,
  )}</tbody></table></div></details>`
