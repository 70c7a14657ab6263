import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunResult } from '@muster/shared/scenario'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderHtml } from './html.ts'
import { renderJunit } from './junit.ts'
import { renderSummary } from './summary.ts'
import { writeReports } from './write.ts'

const quantiles = { count: 0, p50: 0, p95: 0, p99: 0, max: 0 }

/** A run in which every text is the same one. */
function resultWith(text: string): RunResult {
  const expectation = { name: text, ok: false, expected: text, got: text, atMs: 1, devices: [text] }
  const sample = {
    atMs: 1,
    wallMs: 1,
    online: 1,
    enrolled: 1,
    compliant: 1,
    inGracePeriod: 0,
    noncompliant: 0,
    error: 0,
    unknown: 0,
    left: 0,
    reportsCommitted: 1,
    checkIns: 1,
    certificatesActive: 1,
    busConnected: true,
    lagP99Ms: 1,
    controlRssBytes: 1,
    workerRssBytes: 1,
  }
  return {
    version: 1,
    runId: 'r',
    scenario: { name: text, description: text, file: text, tags: [text] },
    mode: 'live',
    seed: text,
    speed: 1,
    environment: { node: text },
    command: text,
    verdict: 'failed',
    exitCode: 10,
    startedWallMs: 0,
    endedWallMs: 1_000,
    startedMs: 0,
    endedMs: 1_000,
    phases: [{ name: text, fromMs: 0, toMs: 900, outcome: 'timed-out', text }],
    faults: [{ name: text, kind: 'broker', fromMs: 100, toMs: 200, text }],
    thresholds: [expectation],
    assertions: [expectation, { ...expectation, ok: true }],
    invariants: [expectation],
    timeline: [sample, { ...sample, atMs: 900, wallMs: 900 }],
    events: [{ atMs: 1, what: text, text }],
    final: {
      devices: { managed: 1, retired: 0, wiped: 0, deleted: 0 },
      compliance: { [text]: { compliant: 1 } },
      certificates: { active: 1, superseded: 0, revoked: 0, expired: 0 },
      reports: { committed: 1, duplicates: 0, gaps: 0, deadLetters: 0 },
      checkIns: { managed: 1, gated: 0, refused: 0 },
      reportAckMs: quantiles,
    } as unknown as RunResult['final'],
    policies: [
      {
        id: 'p',
        name: text,
        kind: 'compliance',
        platform: text,
        revision: 1,
        states: { compliant: 1 },
        settings: [{ setting: text, states: { compliant: 1 } }],
        appliedMs: quantiles,
        committedMs: quantiles,
      } as unknown as RunResult['policies'][number],
    ],
    history: { ok: false, devices: 1, sent: 1, committed: 0, lost: 1, appliedTwice: 0, problems: [text] },
    devices: [
      {
        id: 'd',
        name: text,
        platform: text,
        osVersion: text,
        model: text,
        user: text,
        complianceState: 'noncompliant',
        lastSyncMs: 1,
        trace: [{ atMs: 1, what: text, text }],
      } as unknown as RunResult['devices'][number],
    ],
    resolvedYaml: text,
  }
}

const hostile = `</script><script>alert(1)</script> "quoted' & <b>&amp; ]]> \u0000\u0007\ud800 😀 ${'x'.repeat(40)}`
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(hostile, '', '<!--', '%0a'))

describe('whatever names are in a run', () => {
  it('the page has the elements it has for harmless ones, and no others', () => {
    const tagsOf = (page: string): string[] =>
      page.replace(/<style>.*?<\/style>|<script>[\s\S]*<\/script>/gs, '').match(/<\/?[a-z][a-z0-9]*/g) ?? []
    const usual = tagsOf(renderHtml(resultWith('plain')))
    fc.assert(
      fc.property(anyText, (text) => {
        const page = renderHtml(resultWith(text))
        expect(tagsOf(page)).toEqual(usual)
        expect(page.match(/<script/g)).toHaveLength(1)
        expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
      }),
    )
  })

  it('JUnit is XML that another parser reads, with every case', () => {
    const dir = mkdtempSync(join(tmpdir(), 'muster-junit-'))
    const path = join(dir, 'junit.xml')
    const texts = [hostile, ...fc.sample(anyText, { numRuns: 15, seed: 7 })]
    for (const text of texts) {
      writeFileSync(path, renderJunit(resultWith(text)))
      const script =
        'import sys, xml.dom.minidom as m; d = m.parse(sys.argv[1]); print(len(d.getElementsByTagName("testcase")), len(d.getElementsByTagName("failure")))'
      expect(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }).trim()).toBe('5 4')
    }
    rmSync(dir, { recursive: true })
  })

  it('all formats are written whole, and JSON reads back', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'muster-report-'))
    const result = resultWith(hostile.replace('\ud800', ''))
    await writeReports(result, { dir, formats: ['html', 'json', 'junit'] })
    expect(readdirSync(dir).sort()).toEqual(['junit.xml', 'report.html', 'result.json'])
    expect(JSON.parse(readFileSync(join(dir, 'result.json'), 'utf8'))).toEqual(result)
    rmSync(dir, { recursive: true })
  })
})

it('the summary says what failed, where the reports are and how to run it again', () => {
  const text = renderSummary(resultWith('some name'), { reports: ['runs/r/report.html'], rerun: 'muster run x.yaml' })
  for (const part of ['✗ some name', 'FAILED', '1 lost', 'report: runs/r/report.html', 're-run: muster run x.yaml'])
    expect(text).toContain(part)
})
