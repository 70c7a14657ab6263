import type { PhaseResult, Sample, Span } from '@muster/shared/scenario'
import { html, type Markup } from './markup.ts'

/** Device states in the order in which they are stacked, with colours that stay apart for colour-blind eyes. */
export const STATES = [
  { name: 'compliant', colour: '#1b7f5c' },
  { name: 'inGracePeriod', colour: '#e3a008' },
  { name: 'noncompliant', colour: '#c2410c' },
  { name: 'error', colour: '#7e3f98' },
  { name: 'unknown', colour: '#9aa5b1' },
] as const

const WIDTH = 960

interface Scale {
  readonly x: (atMs: number) => number
  readonly height: number
}

const scaleOf = (samples: readonly Sample[], height: number): Scale => {
  const from = samples[0]?.atMs ?? 0
  const span = Math.max(1, (samples.at(-1)?.atMs ?? 1) - from)
  return { x: (atMs) => Math.max(0, Math.min(WIDTH, ((atMs - from) / span) * WIDTH)), height }
}

/** Device states over simulated time, with phases as bands and faults as shaded spans. */
export function timelineChart(
  samples: readonly Sample[],
  phases: readonly PhaseResult[],
  faults: readonly Span[],
): Markup {
  const height = 240
  const { x } = scaleOf(samples, height)
  const total = (sample: Sample): number => STATES.reduce((sum, { name }) => sum + sample[name], 0)
  const max = Math.max(1, ...samples.map(total))
  const y = (value: number): number => height - (value / max) * height
  const areas = STATES.map(({ name, colour }, index) => {
    const below = (sample: Sample): number => STATES.slice(0, index).reduce((sum, state) => sum + sample[state.name], 0)
    const top = samples.map((sample) => `${x(sample.atMs).toFixed(1)},${y(below(sample) + sample[name]).toFixed(1)}`)
    const bottom = samples.map((sample) => `${x(sample.atMs).toFixed(1)},${y(below(sample)).toFixed(1)}`).reverse()
    return html`<polygon points="${[...top, ...bottom].join(' ')}" fill="${colour}"><title>${name}</title></polygon>`
  })
  const bands = phases.map(({ name, fromMs, toMs }, index) => {
    const left = x(fromMs)
    return html`<rect x="${left.toFixed(1)}" y="0" width="${Math.max(1, x(toMs) - left).toFixed(1)}" height="${height + 22}" fill="${index % 2 === 0 ? '#00000008' : '#00000014'}"/>${bandLabel(name, left, x(toMs), height + 16)}`
  })
  const shades = faults.map(
    ({ text, fromMs, toMs }) =>
      html`<rect x="${x(fromMs).toFixed(1)}" y="0" width="${Math.max(2, x(toMs) - x(fromMs)).toFixed(1)}" height="${height}" fill="#b91c1c55"><title>${text}</title></rect>`,
  )
  const hours = (atMs: number | undefined): string => new Date(atMs ?? 0).toISOString().slice(11, 16)
  const axis = html`<text x="4" y="12" class="tick">${max} devices</text><text x="4" y="${height + 32}" class="tick">${hours(samples[0]?.atMs)}</text><text x="${WIDTH - 4}" y="${height + 32}" text-anchor="end" class="tick">${hours(samples.at(-1)?.atMs)}</text>`
  return html`<svg viewBox="0 0 ${WIDTH} ${height + 38}" role="img" aria-label="Device states over simulated time, at most ${max} devices">${bands}${areas}${shades}${axis}</svg>`
}

/** About what a letter of a tick takes. */
const LETTER = 6.5

/** A phase's name at its beginning, cut to its width; none where not even three letters would fit. */
function bandLabel(name: string, left: number, right: number, y: number): Markup {
  const letters = Math.floor((right - left - 6) / LETTER)
  if (letters < Math.min(3, name.length)) return html``
  const text = letters >= name.length ? name : `${name.slice(0, letters - 1)}…`
  return html`<text x="${(left + 4).toFixed(1)}" y="${y}" class="tick">${text}</text>`
}

/** One figure over simulated time. */
export function lineChart(
  samples: readonly Sample[],
  label: string,
  value: (sample: Sample, before: Sample | undefined) => number,
): Markup {
  const height = 90
  const { x } = scaleOf(samples, height)
  const values = samples.map((sample, index) => value(sample, samples[index - 1]))
  const max = Math.max(1, ...values)
  const points = samples
    .map(
      (sample, index) => `${x(sample.atMs).toFixed(1)},${(height - ((values[index] ?? 0) / max) * height).toFixed(1)}`,
    )
    .join(' ')
  return html`<figure><figcaption>${label} <span class="dim">at most ${Math.round(max)}</span></figcaption><svg viewBox="0 -4 ${WIDTH} ${height + 8}" role="img" aria-label="${label} over simulated time, at most ${Math.round(max)}"><polyline points="${points}" fill="none" stroke="#1d4ed8" stroke-width="2"/></svg></figure>`
}

/** A bar of shares. */
export function shareBar(
  parts: readonly { readonly name: string; readonly count: number; readonly colour: string }[],
): Markup {
  const total = Math.max(
    1,
    parts.reduce((sum, { count }) => sum + count, 0),
  )
  let left = 0
  const rects = parts
    .filter(({ count }) => count > 0)
    .map(({ name, count, colour }) => {
      const width = (count / total) * 100
      const rect = html`<rect x="${left.toFixed(2)}%" y="0" width="${width.toFixed(2)}%" height="14" fill="${colour}"><title>${name}: ${count}</title></rect>`
      left += width
      return rect
    })
  return html`<svg class="bar" height="14" role="img" aria-label="${parts.map(({ name, count }) => `${name} ${count}`).join(', ')}">${rects}</svg>`
}

/** Shares as a ring, with the total in its middle. */
export function donut(
  parts: readonly { readonly name: string; readonly count: number; readonly colour: string }[],
): Markup {
  const total = Math.max(
    1,
    parts.reduce((sum, { count }) => sum + count, 0),
  )
  const round = 2 * Math.PI * 40
  let offset = 0
  const arcs = parts
    .filter(({ count }) => count > 0)
    .map(({ name, count, colour }) => {
      const length = (count / total) * round
      const arc = html`<circle cx="60" cy="60" r="40" fill="none" stroke="${colour}" stroke-width="18" stroke-dasharray="${length.toFixed(2)} ${(round - length).toFixed(2)}" stroke-dashoffset="${(-offset).toFixed(2)}" transform="rotate(-90 60 60)"><title>${name}: ${count}</title></circle>`
      offset += length
      return arc
    })
  return html`<svg class="donut" viewBox="0 0 120 120" role="img" aria-label="${parts.map(({ name, count }) => `${name} ${count}`).join(', ')}">${arcs}<text x="60" y="66" text-anchor="middle" class="total">${total}</text></svg>`
}
