import { performance } from 'node:perf_hooks'
import { manualClock } from '@muster/shared/core'
import type { Scenario } from '@muster/shared/scenario'
import { performOn } from '../src/runner/perform.ts'
import { drive } from '../src/world/drive.ts'
import { openVirtualStage } from '../src/world/virtual-stage.ts'

/** What a virtual world came to. */
export interface WorldFigures {
  readonly devices: number
  readonly days: number
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly events: number
  readonly checkIns: number
  readonly reports: number
  readonly renewals: number
  readonly verdict: string
  readonly sha256: string
  readonly rssBytesMax: number
  /** CPU time of an event of the world, and of an event in which nothing happens; microseconds. */
  readonly usPerEvent: number
  readonly usPerBareEvent: number
}

const BARE_EVENTS = 200_000

/** Take a scenario's devices through so many days, and measure the bare event loop beside it. */
export async function measureWorld(scenario: Scenario, days: number): Promise<WorldFigures> {
  const usPerBareEvent = await bareEvent()
  let rssBytesMax = 0
  const sampling = setInterval(() => {
    rssBytesMax = Math.max(rssBytesMax, process.memoryUsage.rss())
  }, 250)
  const from = { wallMs: performance.now(), cpu: process.cpuUsage() }
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    const result = await stage.perform(() =>
      performOn(
        stage,
        {
          scenario,
          file: 'bench',
          runId: 'bench',
          command: 'npm run bench',
          signal: new AbortController().signal,
          onNote: () => undefined,
        },
        { startedMs: Date.now(), nowMs: Date.now },
      ),
    )
    const { user, system } = process.cpuUsage(from.cpu)
    const cpuSeconds = (user + system) / 1e6
    const events = result.replay?.events ?? 0
    return {
      devices: scenario.population.size,
      days,
      wallSeconds: (performance.now() - from.wallMs) / 1_000,
      cpuSeconds,
      events,
      checkIns: result.final.checkIns.managed + result.final.checkIns.gated,
      reports: result.history.sent,
      renewals: stage.world.fleets.reduce((sum, { counters }) => sum + counters.renewals, 0),
      verdict: result.verdict,
      sha256: result.replay?.sha256 ?? '',
      rssBytesMax,
      usPerEvent: (cpuSeconds * 1e6) / events,
      usPerBareEvent,
    }
  } finally {
    clearInterval(sampling)
    await stage.stop()
  }
}

/** A turn of the event loop and a step of the clock, with nothing in it. */
async function bareEvent(): Promise<number> {
  const clock = manualClock(0)
  const cpu = process.cpuUsage()
  await drive(
    clock,
    new Promise<void>((resolve) => {
      const next = (left: number): void => {
        if (left === 0) resolve()
        else clock.at(clock.nowMs() + 1, () => next(left - 1))
      }
      next(BARE_EVENTS)
    }),
  )
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / BARE_EVENTS
}
