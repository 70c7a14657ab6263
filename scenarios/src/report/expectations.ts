import {
  type ExpectationResult,
  formatDuration,
  metricOf,
  type PhaseResult,
  type RunResult,
  valueText,
} from '@muster/shared/scenario'
import { heldOf, markOf, worstFirst } from './held.ts'
import { html, type Markup } from './markup.ts'
import { elapsedText } from './times.ts'

/** An expectation, and of which kind it is. */
export interface Judged extends ExpectationResult {
  readonly kind: 'assertion' | 'threshold' | 'invariant' | 'phase'
}

/** Everything that a run was held against, phases that did not end as they should among it. */
export function judgedOf({ phases, assertions, thresholds, invariants }: RunResult): readonly Judged[] {
  const of = (kind: Judged['kind'], results: readonly ExpectationResult[]): Judged[] =>
    results.map((result) => ({ ...result, kind }))
  const broken = phases.filter(({ outcome }) => outcome === 'timed-out' || outcome === 'interrupted')
  return [
    ...broken.map(phaseFailure),
    ...of('invariant', invariants),
    ...of('assertion', assertions),
    ...of('threshold', thresholds),
  ]
}

const phaseFailure = ({ name, outcome, text, toMs }: PhaseResult): Judged => ({
  kind: 'phase',
  name,
  ok: false,
  expected: 'the phase ends in time',
  got: `${outcome === 'interrupted' ? 'interrupted' : 'timed out'}: ${text}`,
  atMs: toMs,
  devices: [],
})

/** What failed, one card each: what was expected, what was there instead, when, and which devices. */
export function failuresSection(failed: readonly Judged[], { startedMs, devices }: RunResult): Markup {
  if (failed.length === 0) return html``
  const names = new Map(devices.map(({ id, name }) => [id, name]))
  return html`<section class="failures" id="failures"><h2>What failed</h2>${failed.map(
    (failure, index) =>
      html`<div class="failure" id="failure-${index + 1}"><h3><span class="kind">${failure.kind}</span>${failure.name}</h3><dl>
<dt>expected</dt><dd><code>${failure.expected}</code></dd>
<dt>got</dt><dd>${failure.got}</dd>
<dt>at</dt><dd><a href="#timeline" data-moment="${failure.atMs}">${elapsedText(failure.atMs - startedMs)}</a></dd>
${failure.devices.length > 0 && html`<dt>devices</dt><dd>${failure.devices.map((id) => (names.has(id) ? html`<a href="#device-${id}">${names.get(id) ?? id}</a> ` : html`${id} `))}</dd>`}</dl></div>`,
  )}</section>`
}

/** All expectations, and all phases with how long each took. */
export function expectationsSection(judged: readonly Judged[], { phases, startedMs, metrics }: RunResult): Markup {
  const { held, all } = heldOf(judged)
  return html`<section id="expectations"><h2>Expectations</h2>
<p class="${held === all ? 'good' : 'bad'}">${held === all ? `All ${held} expectations held.` : `${held} of ${all} expectations held.`}</p>
<table class="stacks"><thead><tr><th scope="col"><span class="dim">Held</span></th><th scope="col">Expectation</th><th scope="col">Expected</th><th scope="col">Got</th><th scope="col">At</th></tr></thead><tbody>${worstFirst(judged).map((each) => expectationRow(each, startedMs))}</tbody></table>
${metrics && metrics.length > 0 && metricsTable(metrics)}
<h3>Phases</h3>
<table class="stacks"><thead><tr><th scope="col"><span class="dim">Done</span></th><th scope="col">Phase</th><th scope="col">From</th><th scope="col">Lasted</th><th scope="col">Until</th></tr></thead><tbody>${phases.map(
    ({ name, outcome, text, fromMs, toMs }) =>
      html`<tr class="${outcome === 'done' ? 'ok' : 'no'}"><td class="mark">${outcome === 'done' ? '✓' : outcome === 'skipped' ? '–' : '✗'}</td><th scope="row">${name}<br><small class="dim">${outcome}</small></th><td class="moment">${elapsedText(fromMs - startedMs)}</td><td class="moment">${formatDuration(toMs - fromMs)}</td><td>${condition(text)}</td></tr>`,
  )}</tbody></table></section>`
}

function expectationRow(judged: Judged, startedMs: number): Markup {
  const { kind, name, expected, got, atMs, outcome } = judged
  const mark = markOf(judged)
  return html`<tr class="${mark === '✓' ? 'ok' : mark === '✗' ? 'no' : ''}"><td class="mark">${mark}</td><th scope="row">${name}<br><small class="dim">${outcome ? `${kind}, ${outcome.replace('-', ' ')}` : kind}</small></th><td><code>${expected}</code></td><td>${got}</td><td class="moment">${elapsedText(atMs - startedMs)}</td></tr>`
}

/** What was measured, for who wants to set a threshold. */
function metricsTable(metrics: NonNullable<RunResult['metrics']>): Markup {
  const rows = metrics.map(({ name, metric, measured }) => {
    const text = (value: number): string => valueText(value, metricOf(metric).unit)
    const { count, failed, p50, p95, p99, max } = measured
    const cells = count === 0 ? ['–', '–', '–', '–'] : [p50, p95, p99, max].map(text)
    return html`<tr><th scope="row">${name}</th><td>${count}</td><td>${failed}</td>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`
  })
  return html`<details><summary>${metrics.length} metrics over the whole run</summary><div class="scroll" tabindex="0" role="region" aria-label="Metrics"><table><thead><tr><th scope="col">Metric</th><th scope="col">Count</th><th scope="col">Failed</th><th scope="col">p50</th><th scope="col">p95</th><th scope="col">p99</th><th scope="col">Max</th></tr></thead><tbody>${rows}</tbody></table></div></details>`
}

/** About two lines of the table. */
const CONDITION_SHOWN = 140

const condition = (text: string): Markup =>
  text.length <= CONDITION_SHOWN
    ? html`<code>${text}</code>`
    : html`<details><summary>a long condition</summary><code>${text}</code></details>`
