import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Ended, startMuster } from '../../test-support/command.ts'
import { readEventLog } from '../event-log/read.ts'
import { parseOpenMetrics } from '../report/openmetrics.test-support.ts'

/** A world of its own; the days make how long it takes. */
const scenario = (days: number, expr = 'devices.managed == 20'): string => `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: told }
seed: 5
clock: { mode: virtual, speed: 60 }
limits: { wall: 5m }
population: { size: 20, mix: [ { name: laptops, weight: 1, platform: windows } ] }
policies:
  - { id: disk, type: compliance, platform: windows, settings: { bitLockerEnabled: true } }
phases:
  - { name: settle, duration: 3h }
  - { name: live, duration: ${days}d }
assertions:
  - { name: all there, expr: ${expr} }
outputs: { reports: [json, openmetrics], timeline: { resolution: 10m, keepEvents: 5 } }
`

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-report-'))
  writeFileSync(join(dir, 'short.yaml'), scenario(1))
  writeFileSync(join(dir, 'worse.yaml'), scenario(2, 'devices.managed == 21'))
  writeFileSync(join(dir, 'endless.yaml'), scenario(20_000))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const muster = (...args: string[]): Promise<Ended> => startMuster(dir, args).ended
const read = (...parts: string[]): string => readFileSync(join(dir, 'runs', ...parts), 'utf8')

describe('muster report', () => {
  it('tells of runs that have been: in the formats that the scenario names, and in others later', async () => {
    expect(await muster('run', 'short.yaml', '--name', 'one', '-q')).toMatchObject({ code: 0, stderr: '' })
    expect(await muster('run', 'worse.yaml', '--name', 'two', '-q')).toMatchObject({ code: 11 })
    expect(existsSync(join(dir, 'runs/one/report.html'))).toBe(false)
    const families = parseOpenMetrics(read('one', 'metrics.om.txt'))
    const moments = families.get('muster_devices_online')?.samples.map(({ atSeconds }) => atSeconds ?? 0) ?? []
    expect(moments.length).toBeGreaterThan(3)
    // The last one is the end of the run, whenever that is.
    const gaps = moments.slice(1, -1).map((at, index) => at - (moments[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(600)
    expect(await muster('run', 'short.yaml', '--name', 'one', '-q')).toMatchObject({ code: 2 })

    expect(await muster('report', 'render', 'one', '--report', 'html,junit')).toMatchObject({ code: 0 })
    expect(read('one', 'report.html')).toContain('PASSED')
    const listed = JSON.parse((await muster('report', 'list', '--json')).stdout) as { run: string; verdict: string }[]
    expect(listed.map(({ run, verdict }) => [run, verdict])).toEqual([
      ['one', 'passed'],
      ['two', 'failed'],
    ])
    expect((await muster('report', 'show', 'last')).stdout).toContain('FAILED  told')
    expect(await muster('report', 'show', 'tow')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean two?'),
    })
  }, 120_000)

  it('lays two beside each other, and fails on a regression when it is asked to', async () => {
    const { stdout, code } = await muster('report', 'diff', 'one', 'two', '--json')
    expect(code).toBe(0)
    const comparison = JSON.parse(stdout) as {
      regressed: boolean
      expectations: { outcomes: string[] }[]
      metrics: { name: string; values: number[]; change: number }[]
    }
    expect(comparison.regressed).toBe(true)
    expect(comparison.expectations.map(({ outcomes }) => outcomes.join(' → ')).sort()).toEqual([
      'absent → failed',
      'held → absent',
    ])
    const simulated = comparison.metrics.find(({ name }) => name === 'run, simulated')
    expect(simulated?.change).toBeCloseTo((simulated?.values[1] ?? 0) / (simulated?.values[0] ?? 1) - 1)
    const text = await muster('report', 'diff', 'one', 'two', '--fail-on', 'regress')
    expect(text).toMatchObject({ code: 15, stdout: expect.stringContaining('one (passed) → two (failed)') })
    expect(await muster('report', 'diff', 'one', 'one', '--fail-on', 'regress')).toMatchObject({ code: 0 })
  }, 60_000)

  it('takes a run elsewhere: Markdown, tables, JUnit of one or of several', async () => {
    expect((await muster('report', 'export', 'two')).stdout).toContain('| ✗ | assertion all there |')
    const csv = (await muster('report', 'export', 'one', '--format', 'csv', '--table', 'timeline')).stdout.split('\r\n')
    expect(csv[0]).toMatch(/^at,wall,online,/)
    expect(csv.length).toBeGreaterThan(4)
    expect((await muster('report', 'merge', 'one', 'two', '-o', 'all.xml')).code).toBe(0)
    const merged = readFileSync(join(dir, 'all.xml'), 'utf8')
    expect(merged.match(/<testsuite name="run"/g)).toHaveLength(2)
    expect(merged).toMatch(/<testsuites name="told" tests="\d+" failures="1"/)
  }, 60_000)

  it('makes the reports of a run that was killed, from what it had written down', async () => {
    const { child, ended } = startMuster(dir, ['run', 'endless.yaml', '--name', 'killed', '-q'])
    const log = join(dir, 'runs/killed/events.ndjson.gz')
    const inSecondPhase = async (): Promise<void> => {
      expect((await readEventLog(log)).filter(({ t }) => t === 'phase')).toHaveLength(2)
    }
    await vi.waitFor(inSecondPhase, { timeout: 60_000, interval: 50 })
    child.kill('SIGKILL')
    await ended
    expect(existsSync(join(dir, 'runs/killed/result.json'))).toBe(false)
    const rendered = await muster('report', 'render', 'killed')
    expect(rendered).toMatchObject({ code: 0, stdout: expect.stringContaining('ABORTED  told') })
    expect(rendered.stdout).toContain('the run did not end')
    expect(read('killed', 'report.html')).toContain('the run did not end: its record stops')
    expect(read('killed', 'junit.xml')).toContain('the run did not end')
    const result = JSON.parse(read('killed', 'result.json')) as { verdict: string; phases: { outcome: string }[] }
    expect([result.verdict, ...result.phases.map(({ outcome }) => outcome)]).toEqual(['aborted', 'done', 'interrupted'])
  }, 120_000)
})
