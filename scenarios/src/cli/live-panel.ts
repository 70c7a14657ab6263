import { styleText } from 'node:util'
import type { Stats } from '@muster/shared/contracts'
import type { Scenario } from '@muster/shared/scenario'
import type { Observer } from '../runner/observer.ts'
import { clock, sumOf } from './live-figures.ts'
import type { LiveView } from './live-view.ts'
import { type PhaseStates, phaseRow } from './phase-row.ts'

const REDRAW_MS = 500
const NOTES_KEPT = 200

/** A panel that redraws itself twice a second, as high as the terminal at the most. `q` ends the run like Ctrl-C. */
export function createPanel(scenario: Scenario): LiveView {
  const startedMs = Date.now()
  const notes: string[] = []
  const phases: PhaseStates = new Map()
  let drawn = 0
  let observer: Observer | undefined
  let now: (() => number) | undefined

  const draw = (): void => {
    const { columns = 100, rows: height = 40 } = process.stdout
    const fixed = [
      header(scenario, startedMs, now?.()),
      phaseRow(scenario, phases),
      ...(observer?.latest ? body(observer.latest) : [styleText('dim', ' starting …')]),
    ]
    const room = Math.max(0, height - fixed.length - 2)
    const shown = [
      ...fixed,
      ...(room > 0 ? notes.slice(-room) : []),
      styleText('dim', ' q ends the run, with a report'),
    ]
    const rows = shown.slice(0, Math.max(1, height - 1))
    process.stdout.write(
      `${drawn > 0 ? `\x1b[${Math.min(drawn, height - 1)}A` : ''}${rows.map((row) => `\x1b[2K${cut(row, columns)}\n`).join('')}\x1b[J`,
    )
    drawn = rows.length
  }
  const timer = setInterval(draw, REDRAW_MS)
  const releaseKeys = listenForKeys()
  return {
    note: (atMs, what, text) => {
      const [, name = '', rest = ''] = /^(\S+?):? (begins|\S.*)$/.exec(text) ?? []
      if (what === 'phase')
        phases.set(name, rest === 'begins' ? 'running' : rest.startsWith('done') ? 'done' : 'failed')
      notes.push(` ${styleText('dim', clock(atMs))} ${styleText('cyan', what)} ${text}`)
      if (notes.length > NOTES_KEPT) notes.splice(0, notes.length - NOTES_KEPT)
      draw()
    },
    watch: (watched, nowMs) => {
      observer = watched
      now = nowMs
    },
    stop: () => {
      clearInterval(timer)
      releaseKeys()
      draw()
    },
  }
}

/** Single keys need the terminal in raw mode, in which Ctrl-C is a key as well. Answers how to give the terminal back. */
function listenForKeys(): () => void {
  const { stdin } = process
  if (!stdin.isTTY) return () => undefined
  const onKey = (key: Buffer): void => {
    if (key.includes(0x03) || key.toString() === 'q') process.kill(process.pid, 'SIGINT')
  }
  const release = (): void => {
    stdin.off('data', onKey)
    if (stdin.isRaw) stdin.setRawMode(false)
    stdin.pause()
    process.off('exit', release)
  }
  stdin.setRawMode(true)
  stdin.resume()
  stdin.on('data', onKey)
  process.on('exit', release)
  return release
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
