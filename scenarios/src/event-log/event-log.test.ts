import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resultWith } from '../report/run-result.test-support.ts'
import type { LogHead } from './line.ts'
import { readEventLog } from './read.ts'
import { recordRun } from './record-run.ts'
import { resultOf } from './result.ts'
import { EVENT_LOG, openEventLog } from './write.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-log-'))
  path = join(dir, EVENT_LOG)
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const fail = (error: Error): never => {
  throw error
}
const whole = resultWith('plain')
const { runId, scenario, seed, mode, speed, environment, command, startedWallMs, startedMs, resolvedYaml } = whole
const head: LogHead = {
  version: 1,
  ...{ runId, scenario, seed, mode, speed, environment, command, startedWallMs, startedMs, resolvedYaml },
  phases: ['settle', 'break', 'heal'],
}
const stats = { ...whole.final, atMs: 400, wallMs: 40, workers: [], compliance: { windows: { compliant: 7 } } }

/** A run that is in its second phase, in a fault, when its record stops. */
function record(keepEvents = 9): void {
  const log = openEventLog(path, fail)
  const run = recordRun(log, { keepEvents })
  run.begins(head)
  run.phaseBegins('settle', 0)
  for (let index = 0; index < 5; index++)
    run.device({ atMs: index, what: 'device.compliance', text: `device ${index}` })
  run.judged('assertion', [{ name: 'a', ok: false, expected: 'x', got: 'y', atMs: 200, devices: [] }])
  run.phaseEnds({ name: 'settle', fromMs: 0, toMs: 200, outcome: 'done', text: 'lasted' })
  run.phaseBegins('break', 200)
  run.faultBegins({ name: 'gone', kind: 'broker.kill', fromMs: 210, text: 'killed' })
  run.faultsSoFar([{ name: 'early', kind: 'offline', fromMs: 100, toMs: 205, text: 'away' }])
  run.event({ atMs: 300, what: 'world', text: 'something happens' })
  run.stats(stats)
  log.close()
}

describe('an event log', () => {
  it('is plain JSON lines to any gunzip, in the order in which things happened', async () => {
    record()
    const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(await readEventLog(path))
    expect((await readEventLog(path)).map(({ t }) => t)).toEqual([
      ...['run', 'phase', 'device', 'device', 'device', 'device', 'device', 'judged', 'phase-end'],
      ...['phase', 'fault', 'fault-end', 'event', 'stats'],
    ])
  })

  it('keeps so many events of devices in each phase, and says how many it left out', async () => {
    record(2)
    const lines = await readEventLog(path)
    expect(lines.filter(({ t }) => t === 'device')).toHaveLength(2)
    expect(lines.find(({ t }) => t === 'left-out')).toEqual({ t: 'left-out', atMs: 200, events: 3 })
  })

  it('is read as far as it goes, wherever it was cut off', async () => {
    record()
    const bytes = readFileSync(path)
    const all = await readEventLog(path)
    let most = 0
    for (let length = bytes.length; length >= 0; length--) {
      writeFileSync(path, bytes.subarray(0, length))
      const lines = await readEventLog(path).catch((error: { code?: string }) => error.code)
      if (lines === 'report/unreadable') continue
      expect(lines).toEqual(all.slice(0, lines?.length))
      most = Math.max(most, lines?.length ?? 0)
      // What was flushed before the cut is there.
      if (length >= bytes.length - 1) expect(lines?.length).toBeGreaterThanOrEqual(10)
    }
    expect(most).toBe(all.length)
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(4_096)]))
    expect(await readEventLog(path)).toEqual(all)
  })

  it('that is none, or of a newer Muster, is refused', async () => {
    await expect(readEventLog(path)).rejects.toMatchObject({ code: 'report/unreadable' })
    writeFileSync(path, 'no gzip at all')
    await expect(readEventLog(path)).rejects.toMatchObject({ code: 'report/unreadable' })
    const log = openEventLog(join(dir, 'newer'), fail)
    recordRun(log, { keepEvents: 1 }).begins({ ...head, version: 2 as 1 })
    log.close()
    await expect(readEventLog(join(dir, 'newer'))).rejects.toThrow('newer Muster')
  })

  it('that cannot be written ends with one word, and the run goes on', () => {
    const said: string[] = []
    const log = openEventLog(join(dir, 'missing', 'log'), ({ message }) => said.push(message))
    for (let times = 0; times < 3; times++) {
      log.add({ t: 'event', atMs: 1, what: 'a', text: 'b' })
      log.flush()
    }
    log.close()
    expect(said).toHaveLength(1)
  })
})

describe('a result from an event log', () => {
  it('is the very one when the run ended', async () => {
    record()
    const log = openEventLog(path, fail)
    recordRun(log, { keepEvents: 1 }).ends(whole)
    log.close()
    expect(resultOf(await readEventLog(path))).toEqual(JSON.parse(JSON.stringify(whole)))
  })

  it('tells what there was when it did not end: verdict, phases, faults, what was judged, the last figures', async () => {
    record()
    const result = resultOf(await readEventLog(path))
    expect(result).toMatchObject({
      ...{ verdict: 'aborted', exitCode: 14, seed, endedMs: 400, history: { ok: false } },
      unfinished: 'the run did not end: its record stops 400ms after it began',
    })
    expect(result.phases.map(({ name, outcome, toMs }) => [name, outcome, toMs])).toEqual([
      ['settle', 'done', 200],
      ['break', 'interrupted', 400],
      ['heal', 'skipped', 400],
    ])
    expect(result.faults.map(({ name, fromMs, toMs }) => [name, fromMs, toMs])).toEqual([
      ['early', 100, 205],
      ['gone', 210, 400],
    ])
    expect(result.assertions).toMatchObject([{ name: 'a', ok: false }])
    expect(result.timeline).toMatchObject([{ atMs: 400, compliant: 7 }])
    expect(result.events).toEqual([{ atMs: 300, what: 'world', text: 'something happens' }])
  })
})
