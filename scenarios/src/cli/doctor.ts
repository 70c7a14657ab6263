import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Command } from 'commander'
import { resolveNatsServer } from '../../../shared/setup/nats-server.mjs'

interface Probe {
  readonly name: string
  readonly ok: boolean
  readonly text: string
}

const OPEN_FILES_MIN = 4_096
const FREE_BYTES_MIN = 1_073_741_824

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('say what this machine has and lacks')
    .option('--port <port>', 'of the HTTPS door', '8443')
    .option('--json', 'as JSON')
    .action(async ({ port, json }: { port: string; json?: boolean }) => {
      const probes = [probeNode(), probeNats(), probeOpenFiles(), probeDisk(), await probePort(Number(port))]
      if (json) process.stdout.write(`${JSON.stringify(probes, null, 2)}\n`)
      else
        for (const { name, ok, text } of probes)
          process.stdout.write(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(12)} ${text}\n`)
      process.exitCode = probes.every(({ ok }) => ok) ? 0 : 4
    })
}

function probeNode(): Probe {
  const ok = Number(process.versions.node.split('.')[0]) >= 24
  return {
    name: 'node',
    ok,
    text: `${process.version} at ${process.execPath}${ok ? '' : '; 24 is needed: `npm start` sets it up'}`,
  }
}

function probeNats(): Probe {
  try {
    const found = resolveNatsServer({ env: process.env })
    return found
      ? { name: 'nats-server', ok: true, text: `${found.version} at ${found.path} (${found.source})` }
      : { name: 'nats-server', ok: false, text: 'there is none: `npm test` gets one, or set MUSTER_NATS_BIN' }
  } catch (error) {
    return { name: 'nats-server', ok: false, text: (error as Error).message }
  }
}

function probeOpenFiles(): Probe {
  try {
    const text = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
    const limit = text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text)
    const ok = limit >= OPEN_FILES_MIN
    return {
      name: 'open files',
      ok,
      text: `${text}${ok ? '' : `; at least ${OPEN_FILES_MIN} are needed: ulimit -n ${OPEN_FILES_MIN}`}`,
    }
  } catch {
    return { name: 'open files', ok: true, text: 'the system does not tell' }
  }
}

function probeDisk(): Probe {
  const { bavail, bsize } = statfsSync('.')
  const free = bavail * bsize
  const ok = free >= FREE_BYTES_MIN
  return {
    name: 'disk',
    ok,
    text: `${(free / FREE_BYTES_MIN).toFixed(1)} GiB free${ok ? '' : '; at least 1 GiB is needed'}`,
  }
}

function probePort(port: number): Promise<Probe> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () =>
      resolve({ name: 'port', ok: false, text: `${port} is taken: choose another with --port` }),
    )
    server.listen(port, '127.0.0.1', () =>
      server.close(() => resolve({ name: 'port', ok: true, text: `${port} is free` })),
    )
  })
}
