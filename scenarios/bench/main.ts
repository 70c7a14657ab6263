import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type FleetFigures, measureFleet } from './fleet.ts'
import { type Floor, measureFloor } from './floor.ts'

/**
 * `npm run bench`: what a fleet of two sizes costs on this machine, beside the floor of the machine measured in the same
 * run. Figures, no verdict; it fails only when reports were lost.
 */
const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    small: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const help = `npm run bench -- [--devices 10000] [--small 1000] [--json]

Enrols a small and a large fleet on this machine, publishes a policy to each, and prints rates, latencies and memory,
each with the floor of the machine it is measured against.
`

if (values.help) process.stdout.write(help)
else await bench(whole(values.small, '--small'), whole(values.devices, '--devices'))

async function bench(small: number, large: number): Promise<void> {
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
    const result = {
      cores: cpus().length,
      node: process.version,
      floor,
      small: first,
      large: second,
      ...memory(first, second),
    }
    process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : page(floor, first, second))
    if (first.lost + second.lost > 0) process.exitCode = 12
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
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
