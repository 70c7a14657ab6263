import { performance } from 'node:perf_hooks'
import { manualClock } from '@muster/shared/core'
import { parseScenario, type Scenario } from '@muster/shared/scenario'
import { performOn } from '../src/runner/run.ts'
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
  readonly verdict: string
  readonly sha256: string
  readonly rssBytesMax: number
  /** CPU time of an event of the world, and of an event in which nothing happens; microseconds. */
  readonly usPerEvent: number
  readonly usPerBareEvent: number
}

const BARE_EVENTS = 200_000

/** Take so many devices through so many days, and measure the bare event loop beside it. */
export async function measureWorld(devices: number, days: number): Promise<WorldFigures> {
  const usPerBareEvent = await bareEvent()
  const scenario = monthOf(devices, days)
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
        Date.now(),
      ),
    )
    const { user, system } = process.cpuUsage(from.cpu)
    const cpuSeconds = (user + system) / 1e6
    const events = result.replay?.events ?? 0
    return {
      devices,
      days,
      wallSeconds: (performance.now() - from.wallMs) / 1_000,
      cpuSeconds,
      events,
      checkIns: result.final.checkIns.managed + result.final.checkIns.gated,
      reports: result.history.sent,
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

/** A fleet in everyday life: 8-hour cadence, drift, a rollout in rings, phones that go offline. */
function monthOf(devices: number, days: number): Scenario {
  const parsed = parseScenario(
    `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: month }
seed: 30
clock: { mode: virtual, resolution: 30s }
population:
  size: ${devices}
  enrolOver: 8h
  mix:
    - { name: laptops, weight: 50, platform: windows }
    - { name: macs, weight: 10, platform: macOS }
    - { name: phones, weight: 20, platform: iOS }
    - { name: androids, weight: 15, platform: android }
    - { name: boxes, weight: 5, platform: linux }
policies:
  - { id: win-c, type: compliance, platform: windows, gracePeriod: 24h, settings: { bitLockerEnabled: true, activeFirewallRequired: true } }
  - { id: win-b, type: configuration, platform: windows, settings: { passwordRequired: true, passwordMinimumLength: 8 }, assignTo: [] }
  - { id: ios-c, type: compliance, platform: iOS, settings: { passcodeRequired: true, securityBlockJailbrokenDevices: true } }
  - { id: droid-c, type: compliance, platform: android, settings: { passwordRequired: true, storageRequireEncryption: true } }
phases:
  - name: rollout
    do:
      - rollout: { policy: win-b, rings: [{ name: canary, percent: 5, soak: ${days * 4}h }, { name: broad, percent: 100 }] }
  - name: waves
    do: [{ offline: { in: phones, share: 40%, over: 2h, for: ${days * 3}h } }]
    duration: ${days * 20}h
`,
    'bench.yaml',
  )
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '))
  return parsed.scenario
}
