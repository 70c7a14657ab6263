import { formatDuration, type RolloutResult, type RunResult } from '@muster/shared/scenario'
import { html, type Markup } from './markup.ts'
import { countsText, shareBar } from './shares.ts'
import { elapsedText } from './times.ts'

const [WIDTH, HEIGHT] = [300, 90]

type Ring = RolloutResult['rings'][number]

/** Rollouts, each as the curves of its rings side by side, all of one size and over the same time. */
export function rolloutsSection({ rollouts = [], startedMs, endedMs }: RunResult): Markup {
  if (rollouts.length === 0) return html``
  return html`<section id="rollouts"><h2>Rollouts</h2>${rollouts.map((rollout) => figureOf(rollout, startedMs, endedMs))}
<p class="dim"><small>On how many devices of a ring the policy's last revision had been carried out, from the beginning of the first ring. A ring has the devices of the rings before it.</small></p></section>`
}

const stateWords = { running: 'under way', completed: 'completed', halted: 'halted', passed: 'passed' } as const

function figureOf({ policy, state, rings }: RolloutResult, startedMs: number, endedMs: number): Markup {
  const fromMs = rings[0]?.fromMs ?? startedMs
  const lastMs = Math.max(fromMs + 1, ...rings.map((ring) => ring.curve.at(-1)?.[0] ?? ring.fromMs))
  const axis = { fromMs, toMs: state === 'completed' ? lastMs : Math.max(lastMs, endedMs) }
  return html`<figure class="rollout"><figcaption><b>${policy}</b> <span class="${state === 'halted' ? 'bad' : 'dim'}">${stateWords[state]}</span> <span class="dim">over ${formatDuration(Math.round((axis.toMs - axis.fromMs) / 1_000) * 1_000)} from ${elapsedText(fromMs - startedMs)}</span></figcaption>
<ol class="rings">${rings.map((ring) => ringOf(ring, axis))}</ol></figure>`
}

interface Axis {
  readonly fromMs: number
  readonly toMs: number
}

function ringOf(ring: Ring, axis: Axis): Markup {
  const { name, state, targeted, applied, p50, p95, states } = ring
  const times = applied === 0 ? '' : `, p50 ${formatDuration(p50)}, p95 ${formatDuration(p95)}`
  const words = `${applied.toLocaleString('en')} of ${targeted.toLocaleString('en')} devices${times}`
  return html`<li><p><b>${name}</b> <span class="${state === 'halted' ? 'bad' : 'dim'}">${stateWords[state]}</span></p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Ring ${name}: ${words}">${curveOf(ring, axis)}</svg>
<p class="dim">${words}</p>${shareBar(states)}<small class="dim">${countsText(states)}</small></li>`
}

/** Stairs: a device more at each of its moments; and a line where the ring began. */
function curveOf({ fromMs, targeted, curve }: Ring, axis: Axis): Markup {
  const x = (atMs: number): string =>
    (Math.max(0, Math.min(1, (atMs - axis.fromMs) / (axis.toMs - axis.fromMs))) * WIDTH).toFixed(1)
  const y = (devices: number): string => ((1 - devices / Math.max(1, targeted)) * HEIGHT).toFixed(1)
  let before = y(0)
  const points = curve.flatMap(([atMs, devices]) => {
    const step = [`${x(atMs)},${before}`, `${x(atMs)},${y(devices)}`]
    before = y(devices)
    return step
  })
  const line = [`${x(axis.fromMs)},${y(0)}`, ...points, `${WIDTH},${before}`].join(' ')
  return html`<line class="ring-begins" x1="${x(fromMs)}" x2="${x(fromMs)}" y1="0" y2="${HEIGHT}"/><polygon class="under" points="${line} ${WIDTH},${HEIGHT}"/><polyline class="line" points="${line}"/>`
}
