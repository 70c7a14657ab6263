import { formatDuration, type PolicyResult, type RunResult } from '@muster/shared/scenario'
import { html, type Markup } from './markup.ts'
import { countsText, donut, shareBar } from './shares.ts'
import { STATES } from './states.ts'

/** How each policy fared, and which of its settings kept it from faring better. */
export function policiesSection({ policies }: RunResult): Markup {
  if (policies.length === 0) return html``
  return html`<section id="policies"><h2>Policies</h2><div class="scroll" tabindex="0" role="region" aria-label="Policies"><table><thead><tr><th scope="col">Policy</th><th scope="col">Platform</th><th scope="col">Device status</th><th scope="col" class="number">Applied p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">Committed p99</th></tr></thead><tbody>${policies.map(policyRow)}</tbody></table></div>
<p class="dim"><small>Applied: from the moment a device was targeted until its settings were carried out; committed: until the service had stored that. Simulated time.</small></p></section>`
}

function policyRow({ name, kind, revision, platform, states, settings, appliedMs, committedMs }: PolicyResult): Markup {
  const time = (ms: number): string => (appliedMs.count === 0 ? '–' : formatDuration(ms))
  return html`<tr><th scope="row">${name}<br><small class="dim">${kind}, revision ${revision}</small></th><td>${platform}</td>
<td>${shareBar(states)}<small class="dim">${countsText(states)}</small>${
    settings.length > 0 &&
    html`<details><summary>${settings.length} settings</summary><table><tbody>${settings.map(
      (each) =>
        html`<tr><td><code>${each.setting}</code></td><td>${shareBar(each.states)}<small class="dim">${countsText(each.states)}</small></td></tr>`,
    )}</tbody></table></details>`
  }</td>
<td class="number">${time(appliedMs.p50)}</td><td class="number">${time(appliedMs.p95)}</td><td class="number">${time(committedMs.p99)}</td></tr>`
}

/** Compliance at the end, as a whole and by platform, and the settings that most devices fail. */
export function complianceSection({ final, policies }: RunResult): Markup {
  const totals: Record<string, number> = Object.fromEntries(STATES.map((state) => [state, 0]))
  for (const states of Object.values(final.compliance))
    for (const [state, count] of Object.entries(states ?? {})) totals[state] = (totals[state] ?? 0) + count
  return html`<section id="compliance"><h2>Compliance at the end</h2><div class="columns">${donut(totals)}
<table><thead><tr><th scope="col">Platform</th><th scope="col">Devices</th></tr></thead><tbody>${Object.entries(
    final.compliance,
  ).map(
    ([platform, states]) =>
      html`<tr><th scope="row">${platform}</th><td>${shareBar(states ?? {})}<small class="dim">${countsText(states ?? {})}</small></td></tr>`,
  )}</tbody></table></div>
${topFailing(policies)}
<p>Left management: ${final.devices.retired} retired, ${final.devices.wiped} wiped, ${final.devices.deleted} deleted.</p></section>`
}

const FAILING_SHOWN = 8

function topFailing(policies: readonly PolicyResult[]): Markup {
  const failing = policies
    .flatMap(({ name, settings }) =>
      settings.map(({ setting, states }) => ({
        name,
        setting,
        devices: (states['nonCompliant'] ?? 0) + (states['error'] ?? 0) + (states['conflict'] ?? 0),
        states,
      })),
    )
    .filter(({ devices }) => devices > 0)
    .sort((a, b) => b.devices - a.devices)
    .slice(0, FAILING_SHOWN)
  if (failing.length === 0) return html``
  return html`<h3>Settings that most devices fail</h3><div class="scroll" tabindex="0" role="region" aria-label="Settings that most devices fail"><table><thead><tr><th scope="col">Setting</th><th scope="col">Policy</th><th scope="col" class="number">Devices</th><th scope="col">Shares</th></tr></thead><tbody>${failing.map(
    ({ name, setting, devices, states }) =>
      html`<tr><th scope="row"><code>${setting}</code></th><td>${name}</td><td class="number">${devices}</td><td>${shareBar(states)}</td></tr>`,
  )}</tbody></table></div>`
}
