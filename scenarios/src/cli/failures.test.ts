import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSqliteStore } from '../../../control/src/adapters/sqlite/store.ts'
import { givenNatsServer } from '../../../shared/test-support/nats.ts'
import { type Ended, processesOf, startMuster } from '../../test-support/command.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-cli-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => startMuster(dir, args, env)
const muster = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> => start(args, env).ended

const scenario = (extra = ''): string => `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: tiny }
clock: { speed: 60 }
population:
  size: 20
  enrolOver: 1m
  mix: [{ name: boxes, weight: 1, platform: linux }]
phases:
  - { name: settle, until: { expr: devices.enrolledShare >= 1.0, timeout: 2h } }
${extra}`

function scenarioFile(text = scenario()): string {
  const path = join(dir, 'tiny.yaml')
  writeFileSync(path, text)
  return path
}

/** One clear sentence with its code, exit code 4, and nothing of a stack trace. */
function expectRefusal({ code, stderr }: Ended, wanted: string): void {
  expect(stderr).toContain(`[${wanted}]`)
  expect(stderr).not.toMatch(/\n\s+at |this is a bug/)
  expect(code).toBe(4)
}

describe('what is missing or in the way ends in one sentence and exit code 4', () => {
  it('no nats-server where it was said to be', async () => {
    const ended = await muster(['run', scenarioFile()], { MUSTER_NATS_BIN: join(dir, 'nowhere') })
    expectRefusal(ended, 'nats/not-found')
    expect(ended.stderr).toContain(join(dir, 'nowhere'))
  })

  it('a nats-server that does not answer, or has no address', async () => {
    expectRefusal(await muster(['run', scenarioFile()], { MUSTER_NATS_URL: 'nats://127.0.0.1:9' }), 'bus/disconnected')
    expectRefusal(await muster(['run', scenarioFile()], { MUSTER_NATS_URL: 'localhost' }), 'nats/bad-url')
  }, 60_000)

  it('a store of a newer version', async () => {
    mkdirSync(join(dir, 'data', 'control'), { recursive: true })
    const path = join(dir, 'data', 'control', 'muster.db')
    await openSqliteStore(path).close()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    const ended = await muster(['up', '--data', join(dir, 'data')])
    expectRefusal(ended, 'store/newer-version')
    expect(processesOf(dir)).toEqual([])
  })

  it('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const ended = await muster(['up', '--data', join(dir, 'data'), '--port', String(port)])
    expectRefusal(ended, 'http/port-taken')
    expect(ended.stderr).toContain(String(port))
    other.close()
  })

  it('a place that cannot be written', async () => {
    writeFileSync(join(dir, 'file'), '')
    expectRefusal(await muster(['run', scenarioFile(), '--out', join(dir, 'file', 'runs')]), 'cli/unwritable')
  })
})

describe('the command line', () => {
  it.each([
    ['no such command', ['rum'], /run/],
    ['no such flag', ['run', '--sed', '1', 'x.yaml'], /--seed/],
    ['a factor that is none', ['run', 'tiny.yaml', '--scale', 'big'], /--scale must be a number/],
    ['a format that is none', ['run', 'tiny.yaml', '--report', 'pdf'], /html, json, junit/],
  ])('refuses %s with 2 and a hint', async (_what, args, hint) => {
    scenarioFile()
    const { code, stderr } = await muster(args)
    expect(stderr).toMatch(hint)
    expect(code).toBe(2)
  })

  it('refuses a scenario that is wrong with 3, file, line and column', async () => {
    const { code, stderr } = await muster(['run', scenarioFile(scenario().replace('size:', 'sise:'))])
    expect(stderr).toMatch(/tiny\.yaml:6:3 population\.sise: .*did you mean "size"/)
    expect(code).toBe(3)
  })
})

describe('a run', () => {
  it('ends with a verdict, its reports, and nothing left behind', async () => {
    const { code, stdout } = await muster(['run', scenarioFile(), '--json', '--out', join(dir, 'runs')])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'passed', history: { ok: true } })
    const [run] = readdirSync(join(dir, 'runs'))
    expect(readdirSync(join(dir, 'runs', run as string)).sort()).toEqual([
      'events.ndjson.gz',
      'junit.xml',
      'report.html',
      'result.json',
    ])
    expect(processesOf(dir)).toEqual([])
  })

  it('takes a nats-server that runs already, and leaves it running', async () => {
    await using server = await givenNatsServer()
    const { code, stdout } = await muster(['run', scenarioFile(), '--json'], {
      MUSTER_NATS_URL: server.url,
      MUSTER_NATS_BIN: join(dir, 'nowhere'),
    })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'passed' })
    expect(server.runs()).toBe(true)
  })

  it('fails with another code when an assertion does not hold', async () => {
    const text = scenario('assertions:\n  - { name: impossible, expr: devices.managed == 21 }\n')
    const { code, stdout } = await muster(['run', scenarioFile(text)])
    expect(stdout).toContain('✗ impossible')
    expect(stdout).toContain('devices.managed = 20')
    expect(code).toBeGreaterThanOrEqual(10)
  })

  it.each([
    ['Ctrl-C', ['SIGINT']],
    ['Ctrl-C that comes twice', ['SIGINT', 'SIGINT']],
    ['a terminal that is closed', ['SIGHUP']],
  ] as const)(
    'is ended by %s in order: a report of what there is, exit code 130, no process left',
    async (_, signals) => {
      const text = scenario('  - { name: long, duration: 100d }\n')
      const run = start(['run', scenarioFile(text), '--out', join(dir, 'runs')])
      await vi.waitFor(() => expect(run.printed()).toContain('long begins'), { timeout: 60_000 })
      for (const signal of signals) run.child.kill(signal)
      const { code, stdout } = await run.ended
      expect(code).toBe(130)
      expect(stdout).toContain('ABORTED')
      const [kept] = readdirSync(join(dir, 'runs'))
      expect(existsSync(join(dir, 'runs', kept as string, 'result.json'))).toBe(true)
      expect(existsSync(join(dir, 'runs', kept as string, 'data'))).toBe(false)
      expect(processesOf(dir)).toEqual([])
    },
  )

  it.each([150, 500, 900, 1_300, 2_000])('leaves nothing when Ctrl-C comes %d ms after its start', async (afterMs) => {
    const run = start([
      'run',
      scenarioFile(scenario('  - { name: long, duration: 100d }\n')),
      '--out',
      join(dir, 'runs'),
    ])
    const signalled = once(run.child, 'exit')
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    run.child.kill('SIGINT')
    // Before it listens the signal ends it by itself, which a shell shows as 130 as well.
    const [code, signal] = await signalled
    await run.ended
    expect(code === 130 || signal === 'SIGINT').toBe(true)
    await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), { timeout: 10_000 })
    const kept = existsSync(join(dir, 'runs')) ? readdirSync(join(dir, 'runs')) : []
    for (const each of kept) expect(existsSync(join(dir, 'runs', each, 'data'))).toBe(false)
  })
})

describe('muster up', () => {
  it('is ended in order by a second Ctrl-C too, and by one that comes while it starts', async () => {
    const data = join(dir, 'data')
    const up = start(['up', '--data', data, '--port', '0'])
    await vi.waitFor(() => expect(up.printed()).toContain('serves at'), { timeout: 60_000 })
    up.child.kill('SIGINT')
    up.child.kill('SIGINT')
    expect(await up.ended).toMatchObject({ code: 0 })
    expect(existsSync(join(data, 'worker.json'))).toBe(false)
    expect(processesOf(dir)).toEqual([])

    const early = start(['up', '--data', data, '--port', '0'])
    await vi.waitFor(() => expect(processesOf(dir).length).toBeGreaterThan(1), { timeout: 60_000 })
    early.child.kill('SIGINT')
    expect(await early.ended).toMatchObject({ code: 0 })
    expect(processesOf(dir)).toEqual([])
  })
})
