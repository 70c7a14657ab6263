import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunResult } from '@muster/shared/scenario'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startMuster } from '../../test-support/command.ts'
import type { Exploration } from '../runner/explore.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-seeds-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

it.each(['lost-batches', 'short-certificates'])(
  'the command that a search prints for a seed repeats it: %s',
  async (bug) => {
    const scenario = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: search }
seed: s
clock: { mode: virtual }
chaos: { every: 1h, kinds: [bad-links] }
population: { size: 10, mix: [{ name: laptops, weight: 1, platform: windows }] }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
phases: [{ name: hours, do: [{ drift: { posture: { firewallOn: false }, over: 3h } }, { sync: { over: 4h } }], duration: 9h }]
thresholds: [{ metric: cert.expired_in_use, require: max == 0 }]
`
    writeFileSync(join(dir, 'search.yaml'), scenario)
    const search = await startMuster(dir, ['run', 'search.yaml', '--seeds', '2', '--plant', bug, '--json']).ended
    const { failures, runs } = JSON.parse(search.stdout) as Exploration
    expect([runs, failures.length]).toEqual([2, 2])
    const { command, exitCode, replay } = failures[0] ?? {}
    expect(search.code).toBe(exitCode)
    const [muster, ...args] = (command ?? '').split(' ')
    expect(muster).toBe('muster')
    const again = await startMuster(dir, [...args, '--name', 'again', '--report', 'json']).ended
    expect(again.code).toBe(exitCode)
    const found = readdirSync(join(dir, 'runs'), { recursive: true }).find((path) =>
      String(path).endsWith('result.json'),
    )
    const result = JSON.parse(readFileSync(join(dir, 'runs', String(found)), 'utf8')) as RunResult
    expect(result.replay).toEqual(replay)
  },
  120_000,
)
