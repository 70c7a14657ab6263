import { formatDuration, type RunResult } from '@muster/shared/scenario'
import { type Backdrop, lineChart } from './charts.ts'
import { html, type Markup } from './markup.ts'
import type { Moments } from './moments.ts'

const DAY_MS = 86_400_000
/** About as many cells as a strip has. */
const CELLS = 60

/** Certificates over the run, at its end, and when they end. */
export function certificatesSection(result: RunResult, moments: Moments): Markup {
  const { final, phases, faults } = result
  const { active, superseded, revoked, expired } = final.certificates
  const backdrop: Backdrop = { phases, faults }
  const tile = (name: string, count: number): Markup =>
    html`<div><dt>${name}</dt><dd>${count.toLocaleString('en')}</dd></div>`
  return html`<section id="certificates"><h2>Certificates</h2>
<dl class="tiles">${tile('Issued', active + superseded + revoked + expired)}${tile('Active', active)}${tile('Superseded', superseded)}${tile('Revoked', revoked)}${tile('Expired', expired)}</dl>
${moments.atMs.length > 0 && html`<div class="pair">${lineChart(moments, backdrop, 'certificates', 'Active certificates', 'certificates')}${lineChart(moments, backdrop, 'certificatesIssued', 'Issued so far', 'certificates')}${lineChart(moments, backdrop, 'certificatesRevoked', 'Revoked so far', 'certificates')}</div>`}
${expiryStrip(result)}</section>`
}

interface Cell {
  readonly fromMs: number
  readonly devices: number
}

/** When the certificates of managed devices end: from the end of the run on, the fuller the darker. */
function expiryStrip({ certificateEnds = [], endedMs }: RunResult): Markup {
  const [first, last] = [certificateEnds[0], certificateEnds.at(-1)]
  if (!first || !last) return html``
  const fromMs = Math.min(first.dayMs, Math.floor(endedMs / DAY_MS) * DAY_MS)
  const days = (last.dayMs - fromMs) / DAY_MS + 1
  const stepMs = Math.max(1, Math.ceil(days / CELLS)) * DAY_MS
  const cells: Cell[] = Array.from({ length: Math.ceil((days * DAY_MS) / stepMs) }, (_, index) => {
    const at = fromMs + index * stepMs
    const within = certificateEnds.filter(({ dayMs }) => dayMs >= at && dayMs < at + stepMs)
    return { fromMs: at, devices: within.reduce((sum, { devices }) => sum + devices, 0) }
  })
  const most = Math.max(1, ...cells.map(({ devices }) => devices))
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
  const busiest = cells.reduce((a, b) => (b.devices > a.devices ? b : a))
  const words =
    first === last
      ? `The certificates of all ${first.devices} managed devices end on ${day(first.dayMs)}.`
      : `Certificates of managed devices end between ${day(first.dayMs)} and ${day(last.dayMs)}; most of them, ${busiest.devices}, in the ${formatDuration(stepMs)} from ${day(busiest.fromMs)}.`
  return html`<h3>When they end</h3><p class="dim">${words}</p>
<div class="strip" role="img" aria-label="${words}">${cells.map(
    (cell) =>
      html`<span style="--full:${((cell.devices / most) * 100).toFixed(0)}%" title="${day(cell.fromMs)}: ${cell.devices}"></span>`,
  )}</div><div class="strip-ends" aria-hidden="true"><span>${day(fromMs)}</span><span>${day(last.dayMs)}</span></div>`
}
