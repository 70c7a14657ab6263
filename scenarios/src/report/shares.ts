import { html, type Markup } from './markup.ts'
import { stateColour, stateWord } from './states.ts'

type Counts = Readonly<Record<string, number>>

/** `compliant 294, noncompliant 6`: what a bar or ring says in words. */
export const countsText = (counts: Counts): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${stateWord(state)} ${count.toLocaleString('en')}`)
    .join(', ') || 'none'

/** A bar of shares. */
export const shareBar = (counts: Counts): Markup =>
  html`<div class="share" role="img" aria-label="${countsText(counts)}">${Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(
      ([state, count]) =>
        html`<span style="flex:${count};background:${stateColour(state)}" title="${stateWord(state)}: ${count}"></span>`,
    )}</div>`

/** Shares as a ring, with the total in its middle. */
export function donut(counts: Counts): Markup {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const round = 2 * Math.PI * 40
  let offset = 0
  const arcs = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => {
      const length = (count / Math.max(1, total)) * round
      const arc = html`<circle cx="60" cy="60" r="40" fill="none" style="stroke:${stateColour(state)}" stroke-width="17" stroke-dasharray="${length.toFixed(2)} ${(round - length).toFixed(2)}" stroke-dashoffset="${(-offset).toFixed(2)}" transform="rotate(-90 60 60)"><title>${stateWord(state)}: ${count}</title></circle>`
      offset += length
      return arc
    })
  return html`<svg class="donut" viewBox="0 0 120 120" role="img" aria-label="${total} devices: ${countsText(counts)}">${arcs}<text x="60" y="63" text-anchor="middle" class="total">${total.toLocaleString('en')}</text><text x="60" y="74" text-anchor="middle" class="unit">devices</text></svg>`
}
