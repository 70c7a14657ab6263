import { formatDuration, type GraphRouteResult, type RunResult } from '@muster/shared/scenario'
import { html, type Markup } from './markup.ts'

/** Routes that the page shows: the most frequent, and all that failed. */
const SHOWN = 25

/** Requests to Graph by route: how many, how many failed, and how long they took where time is real. */
export function graphSection({ graphRoutes = [], mode }: RunResult): Markup {
  if (graphRoutes.length === 0) return html``
  const shown = graphRoutes.filter(({ failed }, index) => index < SHOWN || failed > 0)
  const total = (pick: (route: GraphRouteResult) => number): string =>
    graphRoutes.reduce((sum, each) => sum + pick(each), 0).toLocaleString('en')
  const live = mode === 'live'
  return html`<section id="graph"><h2>Graph</h2>
<p>${total(({ count }) => count)} requests to ${graphRoutes.length} routes, ${total(({ failed }) => failed)} of them failed: 5xx, 429, or without an answer.${!live && ' How long they took is a matter of the machine, and not told of a virtual world.'}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Requests to Graph by route"><table><thead><tr><th scope="col">Route</th><th scope="col" class="number">Requests</th><th scope="col" class="number">Failed</th>${live && html`<th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">p99</th>`}</tr></thead><tbody>${shown.map((route) => rowOf(route, live))}</tbody></table></div>
${shown.length < graphRoutes.length && html`<p class="dim"><small>${graphRoutes.length - shown.length} more routes, less frequent and without failures, are in result.json.</small></p>`}</section>`
}

function rowOf({ route, count, failed, tookMs }: GraphRouteResult, live: boolean): Markup {
  const time = (ms: number | undefined): Markup =>
    html`<td class="number">${ms === undefined ? '–' : formatDuration(ms)}</td>`
  return html`<tr><th scope="row"><code>${route}</code></th><td class="number">${count.toLocaleString('en')}</td><td class="number">${failed > 0 ? html`<span class="bad">${failed.toLocaleString('en')}</span>` : html`0`}</td>${live && html`${time(tookMs?.p50)}${time(tookMs?.p95)}${time(tookMs?.p99)}`}</tr>`
}
