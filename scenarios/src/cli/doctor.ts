import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { freemem } from 'node:os'
import { dirname, resolve } from 'node:path'
import { styleText } from 'node:util'
import type { Command } from 'commander'
import { resolveNatsServer } from '../../../shared/setup/nats-server.mjs'
import { port as portOf } from './arguments.ts'
import { DATA_DIR } from './data-directory.ts'

/** One thing that Muster needs of a machine, whether it is there, and what to do when it is not. */
interface Probe {
  readonly name: string
  readonly ok: boolean
  readonly found: string
  readonly fix?: string
}

const OPEN_FILES_MIN = 4_096
const GIBIBYTE = 1_073_741_824
const MEMORY_BYTES_MIN = GIBIBYTE / 2

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('say what this machine has and lacks, and what to do about it')
    .option('--port <port>', 'of the HTTPS door', portOf, 8443)
    .option('--data <dir>', 'where a Muster would keep everything', DATA_DIR)
    .option('--json', 'as JSON')
    .action(async ({ port, data, json }: { port: number; data: string; json?: boolean }) => {
      const probes = [
        probeNode(),
        probeNats(),
        probeOpenFiles(),
        probeMemory(),
        probeData(resolve(data)),
        probeDisk(resolve(data)),
        await probePort(port),
      ]
      if (json) process.stdout.write(`${JSON.stringify(probes, null, 2)}\n`)
      else process.stdout.write(probes.map(probeText).join(''))
      process.exitCode = probes.every(({ ok }) => ok) ? 0 : 4
    })
}

const probeText = ({ name, ok, found, fix }: Probe): string =>
  `${ok ? styleText('green', 'ok  ') : styleText('red', 'FAIL')}  ${name.padEnd(12)} ${found}\n${ok || fix === undefined ? '' : `      ${''.padEnd(12)} fix: ${fix}\n`}`

const probeNode = (): Probe => ({
  name: 'node',
  ok: Number(process.versions.node.split('.')[0]) >= 24,
  found: `${process.version} at ${process.execPath}`,
  fix: 'Node 24 is needed; `npm start` or `npm test` sets it up',
})

function probeNats(): Probe {
  const name = 'nats-server'
  const fix = 'run `npm test` once, which gets one, or name one with MUSTER_NATS_BIN'
  try {
    const found = resolveNatsServer({ env: process.env })
    return found
      ? { name, ok: true, found: `${found.version} at ${found.path} (${found.source})` }
      : { name, ok: false, found: 'there is none', fix }
  } catch (error) {
    return { name, ok: false, found: (error as Error).message, fix }
  }
}

function probeOpenFiles(): Probe {
  const name = 'open files'
  try {
    const found = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
    const ok = found === 'unlimited' || Number(found) >= OPEN_FILES_MIN
    return { name, ok, found, fix: `ulimit -n ${OPEN_FILES_MIN}` }
  } catch {
    return { name, ok: true, found: 'the system does not tell' }
  }
}

const gibibytes = (bytes: number): string => `${(bytes / GIBIBYTE).toFixed(1)} GiB free`

const probeMemory = (): Probe => ({
  name: 'memory',
  ok: freemem() >= MEMORY_BYTES_MIN,
  found: gibibytes(freemem()),
  fix: 'end other programs; 0.5 GiB is needed for a thousand devices',
})

/** The nearest folder above a path that is there already. */
function existing(path: string): string {
  let folder = path
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

function probeData(dataDir: string): Probe {
  const folder = existing(dataDir)
  try {
    accessSync(folder, constants.W_OK)
    return { name: 'data', ok: true, found: `${dataDir} can be written` }
  } catch (error) {
    return {
      name: 'data',
      ok: false,
      found: `${folder} cannot be written: ${(error as Error).message}`,
      fix: 'choose another place with --data',
    }
  }
}

function probeDisk(dataDir: string): Probe {
  const { bavail, bsize } = statfsSync(existing(dataDir))
  const free = bavail * bsize
  return { name: 'disk', ok: free >= GIBIBYTE, found: gibibytes(free), fix: 'make room; 1 GiB is needed' }
}

function probePort(port: number): Promise<Probe> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      done({
        name: 'port',
        ok: false,
        found: error.code === 'EADDRINUSE' ? `${port} is taken` : `${port} cannot be used: ${error.message}`,
        fix: 'choose another with --port, here and in `muster up`; `muster down` ends a Muster that has it',
      }),
    )
    server.listen(port, '127.0.0.1', () =>
      server.close(() => done({ name: 'port', ok: true, found: port === 0 ? 'one is free' : `${port} is free` })),
    )
  })
}
