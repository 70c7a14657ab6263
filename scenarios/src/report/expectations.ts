import { type ExpectationResult, formatDuration, type PhaseResult, type RunResult } from '@muster/shared/scenario'
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
  const shown = new Set(devices.map(({ id }) => id))
  return html`<section class="failures" id="failures"><h2>What failed</h2>${failed.map(
    (failure, index) =>
      html`<div class="failure" id="failure-${index + 1}"><h3><span class="kind">${failure.kind}</span>${failure.name}</h3><dl>
<dt>expected</dt><dd><code>${failure.expected}</code></dd>
<dt>got</dt><dd>${failure.got}</dd>
<dt>at</dt><dd><a href="#timeline" data-moment="${failure.atMs}">${elapsedText(failure.atMs - startedMs)}</a></dd>
${failure.devices.length > 0 && html`<dt>devices</dt><dd>${failure.devices.map((id) => (shown.has(id) ? html`<a href="#device-${id}">${id}</a> ` : html`${id} `))}</dd>`}</dl></div>`,
  )}</section>`
}

/** All expectations, and all phases with how long each took. */
export function expectationsSection(judged: readonly Judged[], { phases, startedMs }: RunResult): Markup {
  const held = judged.filter(({ ok }) => ok).length
  return html`<section id="expectations"><h2>Expectations</h2>
<p class="${held === judged.length ? 'good' : 'bad'}">${held === judged.length ? `All ${held} expectations held.` : `${held} of ${judged.length} expectations held.`}</p>
<table class="stacks"><thead><tr><th scope="col"><span class="dim">Held</span></th><th scope="col">Expectation</th><th scope="col">Expected</th><th scope="col">Got</th><th scope="col">At</th></tr></thead><tbody>${[
    ...judged.filter(({ ok }) => !ok),
    ...judged.filter(({ ok }) => ok),
  ].map(
    ({ ok, kind, name, expected, got, atMs }) =>
      html`<tr class="${ok ? 'ok' : 'no'}"><td class="mark">${ok ? '✓' : '✗'}</td><th scope="row">${name}<br><small class="dim">${kind}</small></th><td><code>${expected}</code></td><td>${got}</td><td class="moment">${elapsedText(atMs - startedMs)}</td></tr>`,
  )}</tbody></table>
<h3>Phases</h3>
<table class="stacks"><thead><tr><th scope="col"><span class="dim">Done</span></th><th scope="col">Phase</th><th scope="col">From</th><th scope="col">Lasted</th><th scope="col">Until</th></tr></thead><tbody>${phases.map(
    ({ name, outcome, text, fromMs, toMs }) =>
      html`<tr class="${outcome === 'done' ? 'ok' : 'no'}"><td class="mark">${outcome === 'done' ? '✓' : outcome === 'skipped' ? '–' : '✗'}</td><th scope="row">${name}<br><small class="dim">${outcome}</small></th><td class="moment">${elapsedText(fromMs - startedMs)}</td><td class="moment">${formatDuration(toMs - fromMs)}</td><td>${condition(text)}</td></tr>`,
  )}</tbody></table></section>`
}

/** About two lines of the table. */
const CONDITION_SHOWN = 140

const condition = (text: string): Markup =>
  text.length <= CONDITION_SHOWN
    ? html`<code>${text}</code>`
    : html`<details><summary>a long condition</summary><code>${text}</code></details>`
