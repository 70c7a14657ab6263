import { type ExpectationResult, formatDuration, type RunResult, type Sample } from '@muster/shared/scenario'
import { donut, lineChart, STATES, shareBar, timelineChart } from './charts.ts'
import { html, type Markup } from './markup.ts'
import { SCRIPT, STYLE } from './page-assets.ts'

/** The whole run on one page that needs no network. */
export function renderHtml(result: RunResult): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${result.scenario.name}: ${result.verdict}</title>
<style>${STYLE}</style>
</head>
<body>
${banner(result)}
<main>
${failures(result)}
${timeline(result)}
${policies(result)}
${compliance(result)}
${messaging(result)}
${devices(result)}
${health(result)}
${configuration(result)}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
  return page.text
}

const WORDS = { passed: 'PASSED', failed: 'FAILED', aborted: 'ABORTED', invalid: 'INVALID RUN' } as const

function banner(result: RunResult): Markup {
  const { scenario, seed, environment } = result
  const versions = Object.entries(environment)
    .map(([name, version]) => `${name} ${version}`)
    .join(' · ')
  return html`<header class="${result.verdict}">
<p class="verdict">${WORDS[result.verdict]}</p>
<h1>${scenario.name}</h1>
<p>${scenario.description}</p>
<p>seed ${seed} · ${formatDuration(result.endedWallMs - result.startedWallMs)} wall · ${formatDuration(result.endedMs - result.startedMs)} simulated · ${versions}</p>
<p><code id="command">${result.command}</code> <button type="button" data-copy="command">Copy</button></p>
</header>`
}

const row = ({ ok, name, expected, got, atMs, devices }: ExpectationResult): Markup =>
  html`<tr class="${ok ? 'ok' : 'bad'}"><td>${ok ? '✓' : '✗'}</td><th scope="row">${name}</th><td><code>${expected}</code></td><td>${got}${devices.length > 0 ? html`<br><span class="dim">${devices.join(', ')}</span>` : ''}</td><td>${moment(atMs)}</td></tr>`

const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

function failures({ phases, thresholds, assertions, invariants }: RunResult): Markup {
  const all = [...assertions, ...thresholds, ...invariants]
  const failed = all.filter(({ ok }) => !ok)
  const unfinished = phases.filter(({ outcome }) => outcome !== 'done')
  return html`<section><h2>Expectations</h2>
${failed.length + unfinished.length === 0 ? html`<p>All ${all.length} expectations held.</p>` : html`<p class="bad">${failed.length} of ${all.length} expectations failed.</p>`}
${unfinished.map(({ name, outcome, text }) => html`<p class="bad">Phase ${name}: ${outcome}, ${text}</p>`)}
<table><thead><tr><th></th><th>Expectation</th><th>Expected</th><th>Got</th><th>At</th></tr></thead><tbody>${[...failed, ...all.filter(({ ok }) => ok)].map(row)}</tbody></table></section>`
}

function timeline({ timeline: samples, phases, faults, events }: RunResult): Markup {
  return html`<section><h2>Timeline</h2>
<p class="legend">${STATES.map(({ name, colour }) => html`<span><i style="background:${colour}"></i>${name}</span>`)}<span><i style="background:#b91c1c55"></i>fault</span></p>
${timelineChart(samples, phases, faults)}
<details><summary>${events.length} events</summary><table class="events"><tbody>${events.map(({ atMs, what, text }) => html`<tr><td>${moment(atMs)}</td><td>${what}</td><td>${text}</td></tr>`)}</tbody></table></details></section>`
}

const GOOD = '#1b7f5c'
const policyColours: Readonly<Record<string, string>> = {
  compliant: GOOD,
  remediated: '#4d9f7f',
  notApplicable: '#9aa5b1',
  pending: '#cbd2d9',
  inGracePeriod: '#e3a008',
  nonCompliant: '#c2410c',
  error: '#7e3f98',
  conflict: '#be185d',
}

const partsOf = (states: Readonly<Record<string, number>>) =>
  Object.entries(states).map(([name, count]) => ({ name, count, colour: policyColours[name] ?? '#52606d' }))
const statesText = (states: Readonly<Record<string, number>>): string =>
  Object.entries(states)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

function policies({ policies: all }: RunResult): Markup {
  if (all.length === 0) return html``
  return html`<section><h2>Policies</h2><table><thead><tr><th>Policy</th><th>Platform</th><th>States</th><th>Applied p50 / p95</th><th>Committed p99</th></tr></thead><tbody>${all.map(
    (
      policy,
    ) => html`<tr><th scope="row">${policy.name}<br><span class="dim">${policy.kind}, revision ${policy.revision}</span></th><td>${policy.platform}</td>
<td>${shareBar(partsOf(policy.states))}<span class="dim">${statesText(policy.states)}</span>
<details><summary>settings</summary><ul>${policy.settings.map(({ setting, states }) => html`<li><code>${setting}</code> ${statesText(states)}</li>`)}</ul></details></td>
<td>${formatDuration(policy.appliedMs.p50)} / ${formatDuration(policy.appliedMs.p95)}</td><td>${formatDuration(policy.committedMs.p99)}</td></tr>`,
  )}</tbody></table></section>`
}

function compliance({ final }: RunResult): Markup {
  const colours = new Map<string, string>(STATES.map(({ name, colour }) => [name, colour]))
  const totals = new Map<string, number>()
  for (const states of Object.values(final.compliance))
    for (const [state, count] of Object.entries(states ?? {})) totals.set(state, (totals.get(state) ?? 0) + count)
  const parts = (states: Iterable<[string, number]>) =>
    [...states].map(([name, count]) => ({ name, count, colour: colours.get(name) ?? '#52606d' }))
  const { active, superseded, revoked, expired } = final.certificates
  return html`<section><h2>Compliance and certificates at the end</h2><div class="columns">${donut(parts(totals))}
<table><thead><tr><th>Platform</th><th>Devices</th></tr></thead><tbody>${Object.entries(final.compliance).map(
    ([platform, states]) =>
      html`<tr><th scope="row">${platform}</th><td>${shareBar(parts(Object.entries(states ?? {})))}<span class="dim">${statesText(states ?? {})}</span></td></tr>`,
  )}</tbody></table></div>
<p>Certificates: ${active} active, ${superseded} superseded, ${revoked} revoked, ${expired} expired. Left management: ${final.devices.retired} retired, ${final.devices.wiped} wiped, ${final.devices.deleted} deleted.</p></section>`
}

const rate =
  (pick: (sample: Sample) => number) =>
  (sample: Sample, before: Sample | undefined): number =>
    before === undefined
      ? 0
      : Math.max(0, ((pick(sample) - pick(before)) * 1_000) / Math.max(1, sample.wallMs - before.wallMs))

function messaging({ timeline: samples, history, final }: RunResult): Markup {
  return html`<section><h2>Messaging</h2>
<p class="${history.ok ? 'good' : 'bad'}">${history.sent} reports sent by ${history.devices} devices, ${history.committed} committed, ${history.lost} lost, ${history.appliedTwice} applied twice.</p>
${history.problems.length > 0 ? html`<ul>${history.problems.map((problem) => html`<li>${problem}</li>`)}</ul>` : ''}
<p>Report to commit: p50 ${formatDuration(final.reportAckMs.p50)}, p95 ${formatDuration(final.reportAckMs.p95)}, p99 ${formatDuration(final.reportAckMs.p99)} of wall time. ${final.reports.duplicates} duplicates and ${final.reports.gaps} gaps were dealt with, ${final.reports.deadLetters} messages went to the dead letters.</p>
${lineChart(
  samples,
  'Reports committed a second',
  rate(({ reportsCommitted }) => reportsCommitted),
)}
${lineChart(
  samples,
  'Check-ins a second',
  rate(({ checkIns }) => checkIns),
)}</section>`
}

function devices({ devices: all }: RunResult): Markup {
  return html`<section><h2>Devices</h2><p><label>Search <input type="search" id="search"></label> <span class="dim">the worst first, ${all.length} shown</span></p>
<table id="devices"><thead><tr><th>Name</th><th>System</th><th>Model</th><th>User</th><th>Compliance</th><th>Last sync</th></tr></thead><tbody>${all.map(
    (device) =>
      html`<tr><th scope="row">${device.name}${device.trace.length > 0 ? html`<details><summary>story</summary><ol>${device.trace.map(({ atMs, what, text }) => html`<li>${moment(atMs)} <b>${what}</b> ${text}</li>`)}</ol></details>` : ''}</th><td>${device.platform} ${device.osVersion}</td><td>${device.model}</td><td>${device.user}</td><td>${device.complianceState}</td><td>${moment(device.lastSyncMs)}</td></tr>`,
  )}</tbody></table></section>`
}

function health({ timeline: samples }: RunResult): Markup {
  const mib = (bytes: number): number => bytes / 1_048_576
  return html`<section><h2>Simulator health</h2>${lineChart(samples, 'Lateness of appointments, p99, ms', ({ lagP99Ms }) => lagP99Ms)}
${lineChart(samples, 'Memory of the control service, MiB', ({ controlRssBytes }) => mib(controlRssBytes))}${lineChart(samples, 'Memory of the workers, MiB', ({ workerRssBytes }) => mib(workerRssBytes))}</section>`
}

const configuration = ({ resolvedYaml }: RunResult): Markup =>
  html`<section><h2>Configuration</h2><details><summary>The scenario as it was resolved</summary><pre>${resolvedYaml}</pre></details></section>`
