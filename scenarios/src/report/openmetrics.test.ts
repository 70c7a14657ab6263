import { describe, expect, it } from 'vitest'
import { parseOpenMetrics } from './openmetrics.test-support.ts'
import { renderOpenMetrics } from './openmetrics.ts'
import { hostile, largeResult, resultWith } from './run-result.test-support.ts'

const valuesOf = (text: string, family: string) => parseOpenMetrics(text).get(family)?.samples ?? []

describe('a run as OpenMetrics', () => {
  it('keeps the rules of the format, whatever things are called', () => {
    for (const text of [hostile.replace('\ud800', '\ufffd'), 'a\nb', 'back\\slash "quoted"', ''])
      expect(valuesOf(renderOpenMetrics(resultWith(text)), 'muster_run')[0]?.labels['scenario']).toBe(text)
    expect(parseOpenMetrics(renderOpenMetrics(largeResult())).size).toBeGreaterThan(12)
  })

  it('has the moments of the timeline, in simulated time, and what the run came to', () => {
    const result = largeResult({ samples: 5 })
    const text = renderOpenMetrics(result)
    const compliant = valuesOf(text, 'muster_devices').filter(({ labels }) => labels['state'] === 'compliant')
    expect(compliant.map(({ value, atSeconds }) => [atSeconds, value])).toEqual(
      result.timeline.map(({ atMs, compliant: value }) => [atMs / 1_000, value]),
    )
    expect(valuesOf(text, 'muster_reports_committed').at(-1)?.value).toBe(28)
    expect(valuesOf(text, 'muster_expectation_held').map(({ labels, value }) => [labels['kind'], value])).toEqual([
      ['threshold', 0],
      ['assertion', 0],
      ['assertion', 1],
      ['invariant', 0],
    ])
    expect(parseOpenMetrics(text).get('muster_run_duration_seconds')).toMatchObject({ type: 'gauge', unit: 'seconds' })
  })

  it('the check of the format is one: what breaks a rule is refused', () => {
    const good = '# TYPE a gauge\na{b="c"} 1 1\na{b="c"} 2 2\n# EOF\n'
    expect(parseOpenMetrics(good).get('a')?.samples).toHaveLength(2)
    for (const [from, to] of [
      ['# EOF\n', ''],
      ['2 2', '2 1'],
      ['gauge', 'counter'],
      ['b="c"} 1', 'b="c} 1'],
      ['# TYPE a gauge\n', ''],
      ['# EOF', '# EOF\n# EOF'],
    ] as const)
      expect(() => parseOpenMetrics(good.replace(from, to)), to).toThrow()
  })
})
