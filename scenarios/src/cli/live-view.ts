import { styleText } from 'node:util'
import type { Stats } from '@muster/shared/contracts'
import type { Scenario } from '@muster/shared/scenario'
import type { Observer } from '../runner/observer.ts'

/** What a person sees while a scenario runs. */
export interface LiveView {
  note(atMs: number, what: string, text: string): void
  watch(observer: Observer, nowMs: () => number): void
  stop(): void
}

const REDRAW_MS = 500
const LINE_EVERY_MS = 10_000
const NOTES_SHOWN = 6

/** In a terminal a panel that redraws itself; elsewhere each event, and a line of figures every ten seconds. */
export function createLiveView({ scenario, quiet }: { scenario: Scenario; quiet: boolean }): LiveView {
  if (quiet) return { note: () => undefined, watch: () => undefined, stop: () => undefined }
  return process.stdout.isTTY ? panel(scenario) : lines(scenario)
}

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19)

function lines(scenario: Scenario): LiveView {
  const startedMs = Date.now()
  const wall = (): string => `${((Date.now() - startedMs) / 1_000).toFixed(0).padStart(4)}s`
  let timer: NodeJS.Timeout | undefined
  process.stdout.write(
    `${scenario.metadata.name}: ${scenario.population.size} devices, seed ${scenario.seed}, speed ${scenario.clock.speed}\n`,
  )
  return {
    note: (atMs, what, text) => process.stdout.write(`${wall()}  ${clock(atMs)}  ${what.padEnd(10)} ${text}\n`),
    watch: (observer) => {
      timer = setInterval(() => {
        if (observer.latest)
          process.stdout.write(`${wall()}  ${clock(observer.latest.atMs)}  ${figures(observer.latest)}\n`)
      }, LINE_EVERY_MS)
    },
    stop: () => clearInterval(timer),
  }
}

const sumOf = (stats: Stats, state: string): number =>
  Object.values(stats.compliance).reduce((sum, states) => sum + (states?.[state] ?? 0), 0)

function figures(stats: Stats): string {
  const online = stats.workers.reduce((sum, worker) => sum + worker.online, 0)
  return [
    `devices ${stats.devices.managed} (${online} online)`,
    `compliant ${sumOf(stats, 'compliant')}`,
    `grace ${sumOf(stats, 'inGracePeriod')}`,
    `noncompliant ${sumOf(stats, 'noncompliant')}`,
    `reports ${stats.reports.committed}`,
    `check-ins ${stats.checkIns.managed + stats.checkIns.gated}`,
    `ack p99 ${stats.reportAckMs.p99.toFixed(0)} ms`,
  ].join(', ')
}

function panel(scenario: Scenario): LiveView {
  const startedMs = Date.now()
  const notes: string[] = []
  let timer: NodeJS.Timeout | undefined
  let drawn = 0
  let observer: Observer | undefined
  let now: (() => number) | undefined

  const draw = (): void => {
    const rows = [
      header(scenario, startedMs, now?.()),
      ...(observer?.latest ? body(observer.latest) : [styleText('dim', ' starting …')]),
      ...notes.slice(-NOTES_SHOWN),
    ]
    const width = process.stdout.columns || 100
    process.stdout.write(
      `${drawn > 0 ? `\x1b[${drawn}A` : ''}${rows.map((row) => `\x1b[2K${cut(row, width)}\n`).join('')}\x1b[J`,
    )
    drawn = rows.length
  }
  timer = setInterval(draw, REDRAW_MS)
  return {
    note: (atMs, what, text) => {
      notes.push(` ${styleText('dim', clock(atMs))} ${styleText('cyan', what)} ${text}`)
      draw()
    },
    watch: (watched, nowMs) => {
      observer = watched
      now = nowMs
    },
    stop: () => {
      clearInterval(timer)
      draw()
    },
  }
}

function header(scenario: Scenario, startedMs: number, nowMs: number | undefined): string {
  const wall = ((Date.now() - startedMs) / 1_000).toFixed(0)
  const simulated = nowMs === undefined ? '' : `  sim ${new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ')}`
  return ` ${styleText('bold', scenario.metadata.name)}  seed ${scenario.seed}  x${scenario.clock.speed}${simulated}  wall ${wall}s`
}

function body(stats: Stats): string[] {
  const online = stats.workers.reduce((sum, worker) => sum + worker.online, 0)
  const { retired, wiped, deleted, managed } = stats.devices
  const total = Math.max(1, managed)
  const bar = (count: number): string => '█'.repeat(Math.round((count / total) * 24)).padEnd(24, '·')
  const row = (name: string, count: number, colour: 'green' | 'yellow' | 'red' | 'magenta' | 'gray'): string =>
    ` ${name.padEnd(14)} ${String(count).padStart(7)}  ${styleText(colour, bar(count))}`
  return [
    ` devices ${managed}   online ${online}   left ${retired + wiped + deleted}   workers ${stats.workers.filter(({ alive }) => alive).length}   ${stats.busConnected ? 'broker up' : styleText('red', 'BROKER DOWN')}`,
    row('compliant', sumOf(stats, 'compliant'), 'green'),
    row('grace', sumOf(stats, 'inGracePeriod'), 'yellow'),
    row('noncompliant', sumOf(stats, 'noncompliant'), 'red'),
    row('error', sumOf(stats, 'error') + sumOf(stats, 'conflict'), 'magenta'),
    row('unknown', sumOf(stats, 'unknown'), 'gray'),
    ` reports ${stats.reports.committed}   ack p50 ${stats.reportAckMs.p50.toFixed(0)} p99 ${stats.reportAckMs.p99.toFixed(0)} ms   check-ins ${stats.checkIns.managed + stats.checkIns.gated}   certificates ${stats.certificates.active}`,
  ]
}

/** A row no wider than the terminal; colour codes take no room. */
function cut(row: string, width: number): string {
  let shown = 0
  let result = ''
  for (let index = 0; index < row.length; index++) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
    const code = /^\x1b\[[0-9;]*m/.exec(row.slice(index))?.[0]
    if (code !== undefined) {
      result += code
      index += code.length - 1
    } else if (shown < width - 1) {
      result += row[index]
      shown++
    }
  }
  return result
}
