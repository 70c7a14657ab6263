import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@muster/shared/core'
import type { RunResult, Scenario } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { natsBinaries } from '../../../shared/test-support/nats.ts'
import { scenarioOf } from '../../test-support/scenario.ts'
import { runScenario } from '../runner/run.ts'

const DEVICES = 60
const KILLS = 4

/** A busy run in which a part of Muster is killed at moments that the seed chooses. */
function scenarioWithKills(seed: string, kill: (down: number) => string): Scenario {
  const chance = createRng(seed).fork('kills')
  const steps: string[] = []
  for (let n = 0; n < KILLS; n++) {
    steps.push(
      `update: { policy: baseline, settings: { passwordMinimumLength: ${6 + n} } }`,
      `drift: { in: laptops, share: 0.5, salt: "${n}", posture: { encrypted: ${chance.chance(0.5)} }, over: 30s }`,
      'sync: { over: 40s }',
      // A second of simulated time is a sixtieth of a second on the wall.
      `wait: ${chance.int(1, 60)}s`,
      kill(chance.int(1, 900)),
      `wait: ${chance.int(1, 20)}s`,
    )
  }
  return scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: kills }
seed: ${seed}
clock: { speed: 60 }
limits: { wall: 3m }
behaviors:
  busy: { driftFactor: 200, restartAfter: 5m, userActsAfter: 5m }
population:
  size: ${DEVICES}
  enrolOver: 1m
  mix:
    - { name: laptops, weight: 70, platform: windows, behavior: busy }
    - { name: phones, weight: 30, platform: iOS, behavior: busy }
policies:
  - { id: encrypted, type: compliance, platform: windows, settings: { bitLockerEnabled: true } }
  - { id: baseline, type: configuration, platform: windows, settings: { passwordMinimumLength: 5 } }
phases:
  - name: killing
    do:
${steps.map((step) => `      - ${step}`).join('\n')}
    until: { expr: policy("baseline").reported >= 42, timeout: 12h }
assertions:
  - { name: the last word reached everybody, expr: policy("baseline").reported == 42, within: 2h }
  - { name: nobody lost their management, expr: devices.managed == ${DEVICES} && certificates.active == ${DEVICES} }
  - { name: everybody is connected again, expr: devices.online == ${DEVICES}, within: 2h }
  - { name: what cannot be, expr: devices.managed == ${DEVICES + 1} }
`)
}

async function run(scenario: Scenario, natsBin: string): Promise<RunResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'muster-kills-'))
  try {
    return await runScenario({
      scenario,
      file: 'kills.yaml',
      runId: 'kills',
      command: 'muster run kills.yaml',
      dataDir,
      env: { ...process.env, MUSTER_NATS_BIN: natsBin },
      logLevel: 'warn',
      signal: new AbortController().signal,
      onNote: () => undefined,
    })
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Every true expectation is met, the false one alone fails, and nothing is lost or doubled: the verdict is right. */
function expectRight(result: RunResult, seed: string): void {
  expect(result.history, seed).toMatchObject({ ok: true, lost: 0, appliedTwice: 0, problems: [] })
  expect(result.history.committed, seed).toBeGreaterThan(DEVICES)
  expect(
    result.assertions.filter(({ ok }) => !ok).map(({ name }) => name),
    seed,
  ).toEqual(['what cannot be'])
  expect([result.phases.map(({ outcome }) => outcome), result.verdict, result.exitCode], seed).toEqual([
    ['done'],
    'failed',
    11,
  ])
}

describe.each(natsBinaries())(
  'a run on nats-server $version whose parts are killed with SIGKILL at seeded moments',
  ({ path }) => {
    it('nats-server four times: the verdict is right', async () => {
      const result = await run(
        scenarioWithKills('broker', (down) => `killBroker: { down: ${down}ms }`),
        path,
      )
      expectRight(result, 'broker')
      expect(result.faults.filter(({ kind }) => kind === 'broker')).toHaveLength(KILLS)
    }, 180_000)

    it('nats-server and the control service in turn: the verdict is right', async () => {
      let kills = 0
      const kill = (down: number): string => (kills++ % 2 === 0 ? 'killControl: {}' : `killBroker: { down: ${down}ms }`)
      const result = await run(scenarioWithKills('both', kill), path)
      expectRight(result, 'both')
      expect(result.faults.map(({ kind }) => kind)).toEqual(['control', 'broker', 'control', 'broker'])
    }, 180_000)
  },
)
