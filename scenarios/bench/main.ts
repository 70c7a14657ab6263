import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type FleetFigures, measureFleet } from './fleet.ts'
import { type Floor, measureFloor } from './floor.ts'
import { measureWorld, type WorldFigures } from './world.ts'

/**
 * `npm run bench`: what a fleet of two sizes costs on this machine, beside the floor of the machine measured in the same
 * run. Figures, no verdict; it fails only when reports were lost.
 */
const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    small: { type: 'string', default: '1000' },
    world: { type: 'string', default: '10000' },
    days: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const help = `npm run bench -- [--devices 10000] [--small 1000] [--world 10000] [--days 30] [--json]

Enrols a small and a large fleet on this machine, publishes a policy to each, and prints rates, latencies and memory,
each with the floor of the machine it is measured against. Then takes a virtual world through some days, beside the cost of
a bare event loop.
`

if (values.help) process.stdout.write(help)
else
  await bench({
    small: whole(values.small, '--small'),
    large: whole(values.devices, '--devices'),
    world: whole(values.world, '--world'),
    days: whole(values.days, '--days'),
  })

async function bench({
  small,
  large,
  world,
  days,
}: Record<'small' | 'large' | 'world' | 'days', number>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  let floor: Floor | undefined
  try {
    const first = await measureFleet(
      small,
      join(dir, 'small'),
      async ({ nats }) => {
        floor = await measureFloor({ url: nats.url, ...nats.credentials })
      },
      say,
    )
    const second = await measureFleet(large, join(dir, 'large'), async () => undefined, say)
    say(`a virtual world of ${world} devices goes through ${days} days …`)
    const virtual = await measureWorld(world, days)
    const result = {
      cores: cpus().length,
      node: process.version,
      floor,
      small: first,
      large: second,
      virtual,
      ...memory(first, second),
    }
    process.stdout.write(
      values.json ? `${JSON.stringify(result, null, 2)}\n` : `${page(floor, first, second)}${worldText(virtual)}`,
    )
    if (first.lost + second.lost > 0 || virtual.verdict !== 'passed') process.exitCode = 12
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function worldText(figures: WorldFigures): string {
  const { devices, days, wallSeconds, cpuSeconds, events, usPerEvent, usPerBareEvent, rssBytesMax } = figures
  const text = (value: number): string => Math.round(value).toLocaleString('en')
  return `a virtual world of ${text(devices)} devices through ${days} days
  time               ${wallSeconds.toFixed(1)} s wall, ${cpuSeconds.toFixed(1)} s CPU: ${text((days * 86_400) / wallSeconds)} times as fast as life
  events             ${text(events)}, ${text(figures.checkIns)} check-ins, ${text(figures.reports)} reports
  CPU an event       ${usPerEvent.toFixed(0)} µs, ${text(usPerEvent / usPerBareEvent)} times a bare event of ${usPerBareEvent.toFixed(1)} µs
  memory             ${text(rssBytesMax / 1_048_576)} MiB at most
`
}

function memory(
  small: FleetFigures,
  large: FleetFigures,
): { workerBytesPerDevice: number; controlBytesPerDevice: number } {
  const devices = large.devices - small.devices
  return {
    workerBytesPerDevice: Math.round((large.workerRssBytes - small.workerRssBytes) / devices),
    controlBytesPerDevice: Math.round((large.controlRssBytes - small.controlRssBytes) / devices),
  }
}

function page(floor: Floor | undefined, small: FleetFigures, large: FleetFigures): string {
  const { signatures = 1, rows = 1, requests = 1 } = floor ?? {}
  const per = memory(small, large)
  const whole = (value: number): string => Math.round(value).toLocaleString('en')
  const ratio = (value: number, of: number): string => `${((value / of) * 100).toFixed(1)} % of the floor`
  const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KiB`
  const lines = [
    `machine: ${cpus().length} cores, node ${process.version}`,
    `floor:   ${whole(signatures)} P-256 signatures/s, ${whole(rows)} SQLite rows/s, ${whole(requests)} broker requests/s`,
  ]
  for (const figures of [small, large]) {
    const { committedMs, appliedMs } = figures.policy
    lines.push(
      `${whole(figures.devices)} devices`,
      `  enrolment          ${whole(figures.enrolledPerSecond)}/s, ${ratio(figures.enrolledPerSecond, signatures)} (signatures)`,
      `  policy on devices  ${whole(figures.policyPerSecond)}/s, ${ratio(figures.policyPerSecond, requests)} (requests), ${ratio(figures.policyPerSecond, rows)} (rows)`,
      `  publish → applied  p50 ${whole(appliedMs.p50)} ms, p99 ${whole(appliedMs.p99)} ms`,
      `  publish → commit   p50 ${whole(committedMs.p50)} ms, p99 ${whole(committedMs.p99)} ms, max ${whole(committedMs.max)} ms`,
      `  check-in           p50 ${figures.checkIn.p50.toFixed(1)} ms, p99 ${figures.checkIn.p99.toFixed(1)} ms in the service`,
      `  report → ack       p50 ${whole(figures.reportAck.p50)} ms, p99 ${whole(figures.reportAck.p99)} ms`,
      `  reports            ${whole(figures.sent)} sent, ${figures.lost} lost`,
    )
  }
  lines.push(
    `memory:  ${kib(per.workerBytesPerDevice)} per idle device in the worker, ${kib(per.controlBytesPerDevice)} in the control service`,
  )
  return `${lines.join('\n')}\n`
}

function whole(text: string, flag: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value <= 20_000) return value
  process.stderr.write(`muster bench: ${flag} is a whole number from 1 to 20000, not ${JSON.stringify(text)}\n`)
  process.exit(2)
}
