import { join } from 'node:path'
import { parseScenario, type RunResult, type Scenario } from '@muster/shared/scenario'
import { runScenario } from '../src/runner/run.ts'
import { bytesBelow, childrenNow } from './processes.ts'
import { fitLine, type Line, type Point } from './trend.ts'

/** What a part holds over a long run. */
export interface SoakSeries {
  readonly part: string
  readonly what: 'memory' | 'handles' | 'disk'
  readonly points: number
  readonly line: Line
}

/** What a long run came to. */
export interface SoakFigures {
  readonly devices: number
  readonly minutes: number
  readonly verdict: RunResult['verdict']
  readonly history: RunResult['history']
  readonly checkIns: number
  readonly faults: number
  readonly series: readonly SoakSeries[]
  /** Those that rise by more than what samples are off by. */
  readonly growing: readonly SoakSeries[]
}

const SAMPLE_EVERY_MS = 2_000
/** Simulated minutes in a minute. */
const SPEED = 60
/** Everybody enrols and caches fill: what is held grows then, as it should. */
const WARM_UP_SHARE = 0.25

/**
 * A live fleet in everyday life under faults for so many minutes, once it has enrolled. What each process and the broker's
 * disk hold is sampled from outside; a line through the samples after the warm-up tells whether it grows.
 */
export async function measureSoak(
  { devices, minutes }: { readonly devices: number; readonly minutes: number },
  dataDir: string,
  say: (text: string) => void,
): Promise<SoakFigures> {
  const points = new Map<string, Point[]>()
  const add = (name: string, y: number): void => {
    const list = points.get(name) ?? []
    list.push({ x: performance.now(), y })
    points.set(name, list)
  }
  const sampling = setInterval(() => {
    for (const [part, state] of sumOfParts()) {
      add(`memory ${part}`, state.rssBytes)
      add(`handles ${part}`, state.handles)
    }
    add('disk broker', bytesBelow(join(dataDir, 'nats')))
  }, SAMPLE_EVERY_MS)
  try {
    const result = await runScenario({
      scenario: soakOf(devices, minutes),
      file: 'bench',
      runId: 'bench',
      command: 'npm run bench',
      dataDir,
      env: process.env,
      logLevel: 'warn',
      signal: new AbortController().signal,
      onNote: (_, what, text) => say(`${what}: ${text}`),
    })
    const series = [...points].map(([name, list]) => seriesOf(name, list))
    return {
      devices,
      minutes,
      verdict: result.verdict,
      history: result.history,
      checkIns: result.final.checkIns.managed + result.final.checkIns.gated,
      faults: result.faults.length,
      series,
      growing: series.filter(isGrowing),
    }
  } finally {
    clearInterval(sampling)
  }
}

function sumOfParts(): ReadonlyMap<string, { rssBytes: number; handles: number }> {
  const sums = new Map<string, { rssBytes: number; handles: number }>()
  for (const { part, rssBytes, handles } of childrenNow()) {
    const sum = sums.get(part) ?? { rssBytes: 0, handles: 0 }
    sums.set(part, { rssBytes: sum.rssBytes + rssBytes, handles: sum.handles + handles })
  }
  return sums
}

function seriesOf(name: string, points: readonly Point[]): SoakSeries {
  const [what = '', part = ''] = name.split(' ')
  const settled = points.slice(Math.floor(points.length * WARM_UP_SHARE))
  return { part, what: what as SoakSeries['what'], points: settled.length, line: fitLine(settled) }
}

/** What samples may be apart, from the first to the last, without anything being kept: a share of their mean, and this much. */
const ROOM = {
  memory: { share: 0.15, least: 8 * 1_048_576 },
  handles: { share: 0.1, least: 3 },
  disk: { share: 0.25, least: 4 * 1_048_576 },
} as const

const isGrowing = ({ what, line }: SoakSeries): boolean =>
  line.rise > Math.max(ROOM[what].least, line.mean * ROOM[what].share)

const soakOf = (devices: number, minutes: number): Scenario => {
  const text = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: soak }
seed: 50
clock: { speed: ${SPEED} }
limits: { wall: ${minutes + 30}m }
behaviors:
  busy: { driftFactor: 40, restartAfter: 5m, userActsAfter: 5m }
population:
  size: ${devices}
  enrolOver: 2h
  mix:
    - { name: laptops, weight: 60, platform: windows, behavior: busy }
    - { name: phones, weight: 25, platform: iOS, behavior: busy }
    - { name: androids, weight: 15, platform: android, behavior: busy }
policies:
  - { id: win-c, type: compliance, platform: windows, settings: { bitLockerEnabled: true, activeFirewallRequired: true } }
  - { id: ios-c, type: compliance, platform: iOS, settings: { passcodeRequired: true } }
faults:
  - { kind: broker.kill, at: life+30m, for: 2m, every: 4h }
  - { kind: broker.pause, at: life+90m, for: 5m, every: 4h }
  - { kind: control.pause, at: life+150m, for: 3m, every: 4h }
  - { kind: device.flapping-link, at: life+10m, for: 2h, every: 5h, share: 10%, up: 20m, down: 5m }
phases:
  - name: life
    duration: ${minutes * SPEED}m
assertions:
  - { name: nobody lost their management, expr: devices.managed == ${devices} && certificates.active == ${devices} }
  - { name: everybody is connected again, expr: devices.online == ${devices}, within: 2h }
`
  const result = parseScenario(text, 'soak.yaml')
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '))
  return result.scenario
}
