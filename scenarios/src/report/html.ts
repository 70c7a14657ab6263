import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { formatDuration, type RunResult } from '@muster/shared/scenario'
import { certificatesSection } from './certificates.ts'
import { lineChart } from './charts.ts'
import { devicesSection } from './devices.ts'
import { expectationsSection, failuresSection, type Judged, judgedOf } from './expectations.ts'
import { graphSection } from './graph-requests.ts'
import { hasFailed, heldOf } from './held.ts'
import { html, Markup } from './markup.ts'
import { type Moments, momentsOf } from './moments.ts'
import { complianceSection, policiesSection } from './policies.ts'
import { rolloutsSection } from './rollouts.ts'
import { timelineSection } from './timeline.ts'
import { momentText } from './times.ts'

const asset = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8')

/** The style of the page, of its charts, and of narrow screens and paper; in this order. */
const STYLES = ['base.css', 'charts.css', 'adapt.css'] as const

/** The whole run on one page that needs no network; its policy forbids the page to use one. */
export function renderHtml(result: RunResult): string {
  const script = asset('page.js')
  const digest = createHash('sha256').update(script).digest('base64')
  const judged = judgedOf(result)
  const failed = judged.filter(hasFailed)
  const moments = momentsOf(result)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${new Markup(digest)}'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${WORDS[result.verdict]}: ${result.scenario.name}</title>
<style>${STYLES.map((name) => new Markup(asset(name)))}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${banner(result, judged)}
${contents(result, failed.length)}
<main id="main">
${failuresSection(failed, result)}
${timelineSection(result, moments, failed)}
${expectationsSection(judged, result)}
${policiesSection(result)}
${rolloutsSection(result)}
${complianceSection(result)}
${certificatesSection(result, moments)}
${messaging(result, moments)}
${graphSection(result)}
${devicesSection(result)}
${health(result, moments)}
${configuration(result)}
</main>
<footer>Made by Muster ${result.environment['muster'] ?? ''}, run ${result.runId}.</footer>
<script type="module">${new Markup(script)}</script>
</body>
</html>
`
  return page.text
}

const WORDS = { passed: 'PASSED', failed: 'FAILED', aborted: 'ABORTED', invalid: 'INVALID RUN' } as const

function banner(result: RunResult, judged: readonly Judged[]): Markup {
  const { scenario, final, history } = result
  const { held, all } = heldOf(judged)
  const compliant = Object.values(final.compliance).reduce((sum, states) => sum + (states?.['compliant'] ?? 0), 0)
  const { managed, retired, wiped, deleted } = final.devices
  const left = retired + wiped + deleted
  const tile = (name: string, value: string, detail: string): Markup =>
    html`<div><dt>${name}</dt><dd>${value}<small>${detail}</small></dd></div>`
  return html`<div class="top ${result.verdict}"><header>
<p class="verdict">${WORDS[result.verdict]}</p><span class="dim exit">exit code ${result.exitCode}</span>
<h1>${scenario.name}</h1>
<p class="lead">${result.unfinished === undefined ? scenario.description : `${result.unfinished}. What follows was recorded until then.`}</p>
<dl class="tiles">
${tile('Expectations', `${held} / ${all}`, held === all ? 'all held' : `${all - held} did not hold`)}
${tile('Devices', managed.toLocaleString('en'), `managed at the end${left > 0 ? `, ${left} left` : ''}`)}
${tile('Compliant', percent(compliant, managed), `${compliant.toLocaleString('en')} of ${managed.toLocaleString('en')}`)}
${tile('Reports', history.committed.toLocaleString('en'), `${history.lost} lost, ${history.appliedTwice} applied twice`)}
${tile('Report to commit', formatDuration(final.reportAckMs.p99), 'p99, wall time')}
${tile('Simulated', formatDuration(result.endedMs - result.startedMs), `in ${formatDuration(result.endedWallMs - result.startedWallMs)} of wall time`)}
</dl>
<p class="command"><code id="command">${result.command}</code> <button type="button" data-copy="command" hidden>Copy</button></p>
</header></div>`
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${(Math.floor((part / whole) * 1_000) / 10).toLocaleString('en')}%`

function contents({ policies, rollouts = [], graphRoutes = [], devices }: RunResult, failures: number): Markup {
  const link = (id: string, text: string): Markup => html`<li><a href="#${id}">${text}</a></li>`
  return html`<nav aria-label="Sections"><ul tabindex="0" aria-label="Sections of the report">${failures > 0 && html`<li><a class="alarm" href="#failures">What failed (${failures})</a></li>`}${link('timeline', 'Timeline')}${link('expectations', 'Expectations')}${policies.length > 0 && link('policies', 'Policies')}${rollouts.length > 0 && link('rollouts', 'Rollouts')}${link('compliance', 'Compliance')}${link('certificates', 'Certificates')}${link('messaging', 'Messaging')}${graphRoutes.length > 0 && link('graph', 'Graph')}${devices.length > 0 && link('devices', 'Devices')}${link('health', 'Simulator health')}${link('configuration', 'Configuration')}</ul></nav>`
}

function messaging({ history, final, phases, faults }: RunResult, moments: Moments): Markup {
  const { reportAckMs, reports, checkInMs } = final
  const backdrop = { phases, faults }
  return html`<section id="messaging"><h2>Messaging</h2>
<p class="${history.ok ? 'good' : 'bad'}">${history.sent} reports sent by ${history.devices} devices, ${history.committed} committed, ${history.lost} lost, ${history.appliedTwice} applied twice.</p>
${history.problems.length > 0 && html`<ul>${history.problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
<p>Report to commit: p50 ${formatDuration(reportAckMs.p50)}, p95 ${formatDuration(reportAckMs.p95)}, p99 ${formatDuration(reportAckMs.p99)} of wall time. Check-in in the service: p50 ${formatDuration(checkInMs.p50)}, p99 ${formatDuration(checkInMs.p99)}. ${reports.duplicates} duplicates and ${reports.gaps} gaps were dealt with, ${reports.deadLetters} messages went to the dead letters.</p>
${moments.atMs.length > 0 && html`<div class="pair">${lineChart(moments, backdrop, 'reportsRate', 'Reports committed', 'a second of wall time')}${lineChart(moments, backdrop, 'checkInsRate', 'Check-ins', 'a second of wall time')}</div>`}</section>`
}

function health({ phases, faults }: RunResult, moments: Moments): Markup {
  const backdrop = { phases, faults }
  return html`<section id="health"><h2>Simulator health</h2>
<p class="dim">A simulator that is late measures itself: where appointments are late, the figures above mean less.</p>
${moments.atMs.length > 0 && html`${lineChart(moments, backdrop, 'lag', 'Lateness of appointments, p99', 'ms of wall time')}<div class="pair">${lineChart(moments, backdrop, 'controlMemory', 'Memory of the control service', 'MiB')}${lineChart(moments, backdrop, 'workerMemory', 'Memory of the workers', 'MiB')}</div>`}</section>`
}

function configuration(result: RunResult): Markup {
  const { resolvedYaml, scenario, seed, speed, mode, replay, environment, startedWallMs, startedMs } = result
  const facts: readonly (readonly [string, string])[] = [
    ['scenario', scenario.file],
    ['tags', scenario.tags.join(', ') || 'none'],
    ['seed', seed],
    ['world', mode === 'virtual' ? 'virtual, in one process' : `live, ${speed} simulated seconds a second`],
    ...(replay ? [['history', `${replay.events} events, sha256 ${replay.sha256}`] as const] : []),
    ['started, wall time', `${momentText(startedWallMs)} UTC`],
    ['started, simulated', `${momentText(startedMs)} UTC`],
    ...Object.entries(environment),
  ]
  return html`<section id="configuration"><h2>Configuration</h2><dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<details><summary>The scenario as it was resolved</summary><pre tabindex="0">${resolvedYaml}</pre></details></section>`
}
