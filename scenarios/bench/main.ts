import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type FaultTimes, measureFaultTimes } from './fault-times.ts'
import { type FleetFigures, measureFleet } from './fleet.ts'
import { type Floor, measureFloor } from './floor.ts'
import { type GraphFigures, measureGraph } from './graph.ts'
import { type KillFigures, measureKills } from './kills.ts'
import { monthOf, YEAR_DAYS, yearOf } from './lives.ts'
import { faultsText, fleetsText, graphText, killsText, memoryOf, soakText, worldText } from './page.ts'
import { measureSoak, type SoakFigures } from './soak.ts'
import { measureWorld } from './world.ts'

/**
 * `npm run bench`: what a fleet of two sizes costs on this machine, beside the floor of the machine measured in the same
 * run; and how fast virtual worlds go. Figures, no verdict; it fails only when reports were lost or doubled, pages of Graph left
 * devices out, a world did not pass, what a long run holds grows, or devices did not come round after kills.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    devices: { type: 'string', default: '10000' },
    small: { type: 'string', default: '1000' },
    world: { type: 'string', default: '10000' },
    days: { type: 'string', default: '30' },
    year: { type: 'string', default: '1000' },
    graph: { type: 'string', default: '100000' },
    soak: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '20' },
    kills: { type: 'string', default: '5000' },
    seed: { type: 'string', default: 'kills' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const PARTS = ['fleets', 'world', 'year', 'graph', 'soak', 'kills', 'faults'] as const
type Part = (typeof PARTS)[number]
/** What is measured unless `--only` says otherwise: what takes minutes by its nature is asked for. */
const USUAL: readonly Part[] = ['fleets', 'world', 'year', 'graph']

const KILLS = { broker: 50, 'control service': 20, worker: 20 } as const

const help = `npm run bench -- [--only fleets|world|year|graph|soak|kills|faults] [--devices 10000] [--small 1000] [--world 10000] [--days 30] [--year 1000] [--graph 100000] [--soak 10000] [--minutes 20] [--kills 5000] [--seed kills] [--json]

fleets  Enrols a small and a large fleet on this machine, publishes a policy to each, and prints rates, latencies and memory,
        each with the floor of the machine it is measured against.
world   Takes a virtual world through some days, beside the cost of a bare event loop.
year    Takes a virtual world through a year, in which every device renews its certificate.
graph   Asks Graph for filtered and ordered pages of so many devices while a thousand reports a second come in.
soak    Keeps a live fleet under faults for so many minutes, and tells how memory, handles and the broker's disk grow. Linux
        only, and only when it is asked for.
kills   Kills the broker 50 times, the service 20 times and workers 20 times under a live fleet, at moments that the seed
        fixes; then the same with older copies of the broker's disk put back. Only when it is asked for.
faults  Puts one fault after another between a sender and a broker, and tells how soon it is noticed and how soon it is over.
        Only when it is asked for.
`

if (values.help) process.stdout.write(help)
else await bench(partsOf(values.only))

async function bench(parts: readonly Part[]): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  const [world, days, year] = [
    whole(values.world, '--world'),
    whole(values.days, '--days'),
    whole(values.year, '--year'),
  ]
  const fleets = parts.includes('fleets') ? await measureFleets(say) : undefined
  if (parts.includes('world')) say(`a virtual world of ${world} devices goes through ${days} days …`)
  const virtual = parts.includes('world') ? await measureWorld(monthOf(world, days), days) : undefined
  if (parts.includes('year')) say(`a virtual world of ${year} devices goes through a year …`)
  const certificates = parts.includes('year') ? await measureWorld(yearOf(year), YEAR_DAYS) : undefined
  if (parts.includes('graph')) say('Graph is asked for pages of a large fleet …')
  const graph = parts.includes('graph') ? await measureGraphIn(whole(values.graph, '--graph', 1_000_000)) : undefined
  if (parts.includes('soak')) say(`a fleet of ${values.soak} devices lives for ${values.minutes} minutes …`)
  const soak = parts.includes('soak') ? await measureSoakIn(say) : undefined
  const faults = parts.includes('faults') ? await measureFaultsIn(say) : undefined
  const kills = parts.includes('kills') ? await measureKillsIn(say) : []
  const machine = { cores: cpus().length, node: process.version }
  const text = [
    `machine: ${machine.cores} cores, node ${machine.node}\n`,
    ...(fleets ? [fleetsText(fleets)] : []),
    ...[virtual, certificates].flatMap((figures) => (figures ? [worldText(figures)] : [])),
    ...(graph ? [graphText(graph)] : []),
    ...(soak ? [soakText(soak)] : []),
    ...kills.map(killsText),
    ...(faults ? [faultsText(faults)] : []),
  ].join('')
  const json = {
    ...machine,
    ...fleets,
    ...(fleets ? memoryOf(fleets) : {}),
    virtual,
    certificates,
    graph,
    soak,
    kills,
    faults,
  }
  process.stdout.write(values.json ? `${JSON.stringify(json, null, 2)}\n` : text)
  const failures = [
    fleets !== undefined && fleets.small.lost + fleets.large.lost > 0,
    graph !== undefined && (graph.whole.missing > 0 || graph.whole.twice > 0),
    soak !== undefined && (soak.verdict !== 'passed' || soak.growing.length > 0),
    kills.some(({ history, missing }) => !history.ok || missing.length > 0),
    faults?.some(({ lost, twice }) => lost > 0 || twice > 0) === true,
    [virtual, certificates].some((figures) => figures && figures.verdict !== 'passed'),
  ]
  if (failures.includes(true)) process.exitCode = 12
}

async function measureGraphIn(devices: number): Promise<GraphFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
  try {
    return await measureGraph(dir, devices)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function measureSoakIn(say: (text: string) => void): Promise<SoakFigures> {
  const size = { devices: whole(values.soak, '--soak'), minutes: whole(values.minutes, '--minutes', 1_440) }
  const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
  try {
    return await measureSoak(size, dir, say)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function measureFaultsIn(say: (text: string) => void): Promise<readonly FaultTimes[]> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
  try {
    return await measureFaultTimes(dir, say)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function measureKillsIn(say: (text: string) => void): Promise<readonly KillFigures[]> {
  const devices = whole(values.kills, '--kills')
  const all: KillFigures[] = []
  for (const rollBack of [false, true]) {
    const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
    try {
      all.push(await measureKills({ devices, kills: KILLS, rollBack, seed: values.seed }, dir, say))
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  }
  return all
}

async function measureFleets(say: (text: string) => void): Promise<{
  readonly floor: Floor | undefined
  readonly small: FleetFigures
  readonly large: FleetFigures
}> {
  const [devicesFew, devicesMany] = [whole(values.small, '--small'), whole(values.devices, '--devices')]
  const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
  let floor: Floor | undefined
  try {
    const small = await measureFleet(
      devicesFew,
      join(dir, 'small'),
      async ({ nats }) => {
        floor = await measureFloor(nats)
      },
      say,
    )
    const large = await measureFleet(devicesMany, join(dir, 'large'), async () => undefined, say)
    return { floor, small, large }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function partsOf(given: readonly string[] = USUAL): readonly Part[] {
  const isPart = (name: string): name is Part => (PARTS as readonly string[]).includes(name)
  const unknown = given.find((name) => !isPart(name))
  if (unknown === undefined) return given.filter(isPart)
  return wrong(`--only is one of ${PARTS.join(', ')}, not ${JSON.stringify(unknown)}`)
}

function whole(text: string, flag: string, max = 20_000): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value <= max) return value
  return wrong(`${flag} is a whole number from 1 to ${max}, not ${JSON.stringify(text)}`)
}

function wrong(message: string): never {
  process.stderr.write(`muster bench: ${message}\n`)
  process.exit(2)
}
