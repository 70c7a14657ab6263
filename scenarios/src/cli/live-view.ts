import type { Scenario } from '@muster/shared/scenario'
import type { Observer } from '../runner/observer.ts'
import { clock, figures } from './live-figures.ts'
import { createPanel } from './live-panel.ts'

/** What a person sees while a scenario runs. */
export interface LiveView {
  note(atMs: number, what: string, text: string): void
  watch(observer: Observer, nowMs: () => number): void
  stop(): void
}

const LINE_EVERY_MS = 10_000

/** In a terminal a panel that redraws itself; elsewhere each event, and a line of figures every ten seconds. */
export function createLiveView({ scenario, quiet }: { scenario: Scenario; quiet: boolean }): LiveView {
  if (quiet) return { note: () => undefined, watch: () => undefined, stop: () => undefined }
  return process.stdout.isTTY ? createPanel(scenario) : lines(scenario)
}

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
      clearInterval(timer)
      timer = setInterval(() => {
        if (observer.latest)
          process.stdout.write(`${wall()}  ${clock(observer.latest.atMs)}  ${figures(observer.latest)}\n`)
      }, LINE_EVERY_MS)
    },
    stop: () => clearInterval(timer),
  }
}
