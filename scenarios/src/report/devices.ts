import type { Explanation } from '@muster/shared/contracts'
import type { DeviceResult, RunResult } from '@muster/shared/scenario'
import { html, type Markup } from './markup.ts'
import { stateColour, stateWord } from './states.ts'
import { elapsedText, momentText } from './times.ts'

/** The worst devices and a sample of the rest, searchable; some with their whole story. */
export function devicesSection({ devices, startedMs }: RunResult): Markup {
  if (devices.length === 0) return html``
  const states = [...new Set(devices.map(({ complianceState }) => complianceState))]
  return html`<section id="devices"><h2>Devices</h2>
<p class="filters"><label>Search <input type="search" id="search" disabled></label><label>State <select id="state" disabled><option value="">all</option>${states.map((state) => html`<option value="${state}">${stateWord(state)}</option>`)}</select></label><span class="dim" id="found" role="status">${devices.length} of ${devices.length} shown</span></p>
<p class="dim">The worst first; with a story where there was room for one.</p><p class="printed">At most 40 devices are printed.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Devices"><table><thead><tr><th scope="col">Device</th><th scope="col">System</th><th scope="col">Model</th><th scope="col">User</th><th scope="col">Compliance</th><th scope="col">Last sync</th></tr></thead><tbody>${devices.map((device) => deviceRow(device, startedMs))}</tbody></table></div></section>`
}

const deviceRow = (device: DeviceResult, startedMs: number): Markup =>
  html`<tr id="device-${device.id}" data-state="${device.complianceState}"><th scope="row">${device.name}${
    device.trace.length + (device.explanation?.summary.length ?? 0) > 0 &&
    html`<details><summary>why, and its story</summary>${device.explanation && explanation(device.explanation)}<ol class="trace">${device.trace.map(({ atMs, what, text }) => html`<li><time title="${momentText(atMs)}">${elapsedText(atMs - startedMs)}</time><b>${what}</b> ${text}</li>`)}</ol></details>`
  }</th><td>${device.platform} ${device.osVersion}</td><td>${device.model}</td><td>${device.user}</td><td><span class="state" style="--colour:${stateColour(device.complianceState)}">${stateWord(device.complianceState)}</span></td><td class="moment">${Number.isFinite(device.lastSyncMs) ? elapsedText(device.lastSyncMs - startedMs) : '–'}</td></tr>`

/** Why a device is as it is: sentences, and the chain of causes. */
const explanation = ({ summary, because }: Explanation): Markup =>
  html`<div class="why">${summary.map((sentence) => html`<p>${sentence}</p>`)}${
    because.length > 0 &&
    html`<ul>${because.map(({ level, text, known }) => html`<li class="${known ? '' : 'dim'}" style="--level:${Math.min(level, 4)}">${text}</li>`)}</ul>`
  }</div>`
