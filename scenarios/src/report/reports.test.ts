import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderHtml } from './html.ts'
import { renderJunit } from './junit.ts'
import { hostile, largeResult, resultWith } from './run-result.test-support.ts'
import { renderSummary } from './summary.ts'
import { writeReports } from './write.ts'

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(hostile, '', '<!--', '%0a'))

describe('whatever names are in a run', () => {
  it('the page has the elements it has for harmless ones, and no others', () => {
    const tagsOf = (page: string): string[] =>
      page.replace(/<style>.*?<\/style>|<script type="module">.*?<\/script>/gs, '').match(/<\/?[a-z][a-z0-9]*/g) ?? []
    const usual = tagsOf(renderHtml(resultWith('plain')))
    fc.assert(
      fc.property(anyText, (text) => {
        const page = renderHtml(resultWith(text))
        expect(tagsOf(page)).toEqual(usual)
        expect(page.match(/<script/g)).toHaveLength(2)
        expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
      }),
    )
  })

  it('the page of the largest run stays below a megabyte', () => {
    expect(Buffer.byteLength(renderHtml(largeResult()))).toBeLessThan(1_000_000)
  })

  it('JUnit is XML that another parser reads, with every case', () => {
    const dir = mkdtempSync(join(tmpdir(), 'muster-junit-'))
    const texts = [hostile, ...fc.sample(anyText, { numRuns: 15, seed: 7 })]
    const paths = texts.map((text, index) => {
      const path = join(dir, `${index}.xml`)
      writeFileSync(path, renderJunit(resultWith(text)))
      return path
    })
    const script = `import sys, xml.dom.minidom as m
for path in sys.argv[1:]:
  d = m.parse(path)
  root = d.documentElement
  print(len(d.getElementsByTagName("testcase")), len(d.getElementsByTagName("failure")), root.getAttribute("tests"), root.getAttribute("failures"))`
    const counted = execFileSync('python3', ['-c', script, ...paths], { encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(counted).toEqual(texts.map(() => '6 4 6 4'))
    rmSync(dir, { recursive: true })
  })

  it('JUnit of a run that was cut off has an error, though nothing failed', () => {
    const passed = { ...resultWith('plain'), phases: [], assertions: [], thresholds: [], invariants: [] }
    expect(renderJunit({ ...passed, verdict: 'passed', exitCode: 0 })).toContain('failures="0" errors="0"')
    for (const exitCode of [14, 20, 130])
      expect(renderJunit({ ...passed, verdict: 'aborted', exitCode })).toMatch(
        /failures="0" errors="1"[\s\S]*<error message=/,
      )
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
