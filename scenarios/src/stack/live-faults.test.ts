import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunResult } from '@muster/shared/scenario'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { natsBinary } from '../../../shared/test-support/nats.ts'
import { scenarioOf } from '../../test-support/scenario.ts'
import { runScenario } from '../runner/run.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'muster-faults-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

function run(faults: string, env: NodeJS.ProcessEnv = {}): Promise<RunResult> {
  const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: live-faults }
clock: { speed: 120 }
limits: { wall: 7m }
behaviors: { busy: { driftFactor: 200, restartAfter: 5m, userActsAfter: 5m } }
population: { size: 20, mix: [ { name: laptops, weight: 1, platform: windows, behavior: busy } ] }
policies:
  - { id: tune, type: configuration, platform: windows, settings: { passwordMinimumLength: 6 } }
phases:
  - { name: settle, duration: 4m }
  - name: day
    do: [ sync: { over: 20m }, update: { policy: tune, settings: { passwordMinimumLength: 8 } } ]
    duration: 30m
faults:
${faults}
assertions:
  - { name: the change reached everybody, expr: policy("tune").reported == 20 && policy("tune").pending == 0, within: 8h }
`)
  return runScenario({
    scenario,
    file: 'live-faults.yaml',
    runId: 'live-faults',
    command: 'muster run live-faults.yaml',
    dataDir,
    env: { ...process.env, MUSTER_NATS_BIN: natsBinary().path, ...env },
    logLevel: 'warn',
    signal: new AbortController().signal,
    onNote: () => undefined,
  })
}

it('real processes are killed, hung and started again on the timeline of the faults, and nothing is lost', async () => {
  const result = await run(`  - { kind: broker.kill, at: day+1m, for: 3m }
  - { kind: control.pause, at: day+6m, for: 3m }
  - { kind: broker.pause, at: day+11m, for: 3m }
  - { kind: control.crash, at: day+16m, for: 2m }
  - { kind: control.restart, at: day+24m }
  - { kind: http, path: /beta/**, respond: { status: 429, retryAfter: 1m, share: 50% }, latency: 30s, at: settle, for: 6m }
  - { kind: link, in: laptops, share: 50%, at: day+10m, for: 15m, latency: { min: 1s, max: 20s }, loss: 10%, duplicate: 10% }
  - { name: to-the-end, kind: broker.kill, at: day+29m, for: 10d }`)
  expect(result).toMatchObject({ verdict: 'passed', exitCode: 0, history: { ok: true, lost: 0, appliedTwice: 0 } })
  expect(result.faults.map(({ kind }) => kind)).toEqual([
    'http',
    ...['broker.kill', 'control.pause', 'link', 'broker.pause', 'control.crash', 'control.restart', 'broker.kill'],
  ])
}, 480_000)

it('what real processes have no way to is refused before anything starts', async () => {
  for (const fault of ['kind: link, loss: 3%', 'kind: broker.partition'])
    await expect(run(`  - { at: day, ${fault} }`)).rejects.toMatchObject({ code: 'scenario/fault-impossible' })
  await expect(
    run('  - { at: day, kind: broker.pause }', { MUSTER_NATS_URL: 'nats://127.0.0.1:4222' }),
  ).rejects.toMatchObject({ code: 'nats/not-ours' })
  expect(readdirSync(dataDir)).toEqual([])
})
