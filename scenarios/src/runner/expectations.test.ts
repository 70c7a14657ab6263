import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'
import type { BaselineRun } from './judge-thresholds.ts'

const world = (rest: string): string => `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: expected }
seed: e
clock: { mode: virtual }
behaviors:
  still: { driftFactor: 0, applyFailure: 0% }
population:
  size: 20
  enrolOver: 10m
  mix:
    - { name: laptops, weight: 12, platform: windows, behavior: still }
    - { name: macs, weight: 8, platform: macOS, behavior: still }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
  - { id: rolled, type: configuration, platform: windows, assignTo: [], settings: { passwordMinimumLength: 8 } }
phases:
  - { name: settle, duration: 2h }
  - name: trouble
    do:
      - offline: { in: laptops, share: 50%, salt: away }
      - drift: { in: laptops, share: 25%, salt: drifted, posture: { firewallOn: false } }
      - wait: 1h
      - online: { in: laptops }
      - sync: { over: 10m }
      - wait: 65m
      - drift: { in: laptops, share: 50%, salt: later, posture: { firewallOn: false } }
      - sync: { in: laptops, over: 10m }
      - wait: 40m
      - drift: { in: laptops, posture: { firewallOn: true } }
      - sync: { in: laptops, over: 10m }
    duration: 4h
  - name: rollout
    do:
      - rollout:
          policy: rolled
          rings: [{ name: canary, percent: 50, soak: 30m }, { name: broad, percent: 100 }]
    duration: 1h
faults:
  - { name: cut, kind: broker.partition, target: workers, at: trouble+62m, for: 20m }
  - { name: slow, kind: link, latency: 4s, at: trouble+2h, for: 30m }
${rest}
`

async function run(rest: string, more: { baseline?: BaselineRun } = {}) {
  const scenario = scenarioOf(world(rest))
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    return await perform(stage, scenario, more)
  } finally {
    await stage.stop()
  }
}

const threshold = async (text: string) => {
  const { thresholds, exitCode } = await run(`thresholds:\n  - { ${text} }\n`)
  return { ...thresholds[0], exitCode }
}

/** What is measured, a threshold on it that holds in this world, and one that breaks. */
const figures: readonly (readonly [string, string, string])[] = [
  ['enrol.duration', 'metric: enrol.duration, require: p95 < 5m', 'metric: enrol.duration, require: max < 1ms'],
  [
    'a rate of failures',
    'metric: enrol.duration, require: failed.rate == 0%',
    'metric: enrol.duration, require: failed.rate > 0%',
  ],
  ['avg and min', 'metric: report.ack_latency, require: avg > 1ms', 'metric: report.ack_latency, require: min > 1d'],
  ['report.lost', 'metric: report.lost, require: count == 0', 'metric: report.lost, require: count > 0'],
  [
    'cert.expired_in_use',
    'metric: cert.expired_in_use, require: max == 0',
    'metric: cert.expired_in_use, require: count > 0',
  ],
  [
    'recovery.time',
    'metric: recovery.time, where: { fault: cut }, require: max < 10m',
    'metric: recovery.time, where: { fault: cut }, require: max < 1ms',
  ],
  [
    'errors of Graph',
    'metric: graph.request, where: { route: /groups }, require: [error.rate < 1%, count == 2]',
    'metric: graph.request, require: error.rate > 1%',
  ],
  [
    'a ring',
    'metric: policy.time_to_applied, where: { policy: rolled, ring: broad }, require: count == 12',
    'metric: policy.time_to_applied, where: { policy: rolled, ring: canary }, require: count == 12',
  ],
  [
    'a part of the population',
    'metric: enrol.duration, where: { in: macs }, require: count == 8',
    'metric: enrol.duration, where: { in: windows }, require: count == 8',
  ],
  [
    'a phase',
    'metric: report.ack_latency, during: settle, require: max < 5m',
    'metric: report.ack_latency, during: [trouble], require: max < 5m',
  ],
  [
    'what a fault does left out',
    'metric: report.ack_latency, except: [slow], require: max < 10m',
    'metric: report.ack_latency, require: max < 10m',
  ],
  [
    'windows',
    'metric: report.ack_latency, window: 10m, during: [settle], require: max < 5m',
    'metric: report.ack_latency, window: 10m, require: count > 0',
  ],
]

describe('a threshold', { timeout: 60_000 }, () => {
  it.each(['hold', 'break'])('of each metric, and with each word, can %s', async (what) => {
    const lines = figures.map(([, holding, breaking]) => `  - { ${what === 'hold' ? holding : breaking} }\n`)
    const { thresholds, exitCode } = await run(`thresholds:\n${lines.join('')}`)
    expect(exitCode).toBe(what === 'hold' ? 0 : 10)
    expect(thresholds.length).toBeGreaterThan(figures.length - 1)
    for (const { name, expected, ok, got } of thresholds)
      expect({ name, expected, ok, got }).toEqual({
        name,
        expected,
        ok: what === 'hold',
        got: expect.not.stringContaining('nothing was'),
      })
  })

  it('says which window was the worst, how many broke, and how many a fault left out', async () => {
    const { ok, got, windowed, expected } = await threshold(
      'metric: report.ack_latency, window: 30m, except: [slow], during: trouble, require: max < 1ms',
    )
    expect(ok).toBe(false)
    expect(expected).toBe('max < 1ms [windows of 30m; during trouble; except slow]')
    expect(got).toMatch(/^worst max = .* at \+\d+.*; [1-9]\d* of \d+ windows broke; [1-9]\d* excluded/)
    expect(windowed).toMatchObject({ windowMs: 1_800_000, broken: windowed?.of })
  })

  it('on what does not exist does not pass', async () => {
    const result = await threshold('metric: graph.request, where: { route: /nowhere }, require: error.rate < 1%')
    expect(result).toMatchObject({ ok: false, got: 'nothing was measured', exitCode: 10 })
  })

  it('on the machine says that it means nothing in virtual time', async () => {
    const result = await threshold('metric: checkin.duration, require: p99 < 1ms')
    expect(result).toMatchObject({ ok: true, outcome: 'not-measured', exitCode: 0 })
    expect(result.got).toMatch(/means nothing in virtual time/)
  })

  it('has an exit code of its own', async () => {
    expect((await threshold('metric: enrol.duration, require: max < 1ms, exitCode: 47')).exitCode).toBe(47)
  })

  it('ends the run at once, and says so', async () => {
    const result = await run(
      'thresholds:\n  - { metric: report.ack_latency, require: max < 10m, abortOnFail: true }\nassertions:\n  - { name: late, expr: devices.total == 20 }\n',
    )
    expect(result).toMatchObject({ verdict: 'failed', exitCode: 13 })
    expect(result.phases.map(({ outcome }) => outcome)).toEqual(['done', 'interrupted', 'skipped'])
    expect(result.assertions[0]).toMatchObject({ ok: false, outcome: 'not-reached' })
    const calm = await run('thresholds:\n  - { metric: report.ack_latency, require: max < 9h, abortOnFail: true }\n')
    expect(calm.exitCode).toBe(0)
  })

  it('goes on where no report is lost', async () => {
    const lost = 'thresholds:\n  - { metric: report.lost, require: count == 0, abortOnFail: true }\n'
    expect((await run(lost)).exitCode).toBe(0)
  })
})

const conditions: readonly (readonly [string, string, string])[] = [
  [
    'at the beginning of a phase',
    'at: begin(trouble), expr: devices.online == 20',
    'at: end(trouble), expr: devices.online == 0',
  ],
  [
    'in the middle of a phase',
    'at: trouble+30m, expr: devices.online == 14',
    'at: trouble+30m, expr: devices.online == 20',
  ],
  [
    'eventually',
    'at: begin(trouble), expr: devices.online == 14, eventually: { within: 1h }',
    'at: begin(trouble), expr: devices.online == 13, eventually: { within: 1h }',
  ],
  [
    'always',
    "expr: 'devices.online == 20', always: { during: [settle] }",
    "expr: 'devices.online == 20', always: { during: [settle, trouble] }",
  ],
  ['never', 'expr: devices.retired > 0, never: {}', 'expr: devices.online == 14, never: {}'],
  [
    'of single devices',
    `expr: 'fleet.filter(d, d.platform == "macOS").all(d, d.online && d.policies["base"] == "none")'`,
    `at: trouble+90m, expr: 'fleet.all(d, d.part == "macs" || d.policies["base"] == "compliant")'`,
  ],
  [
    'of certificates',
    `expr: 'certs.filter(c, c.inUse).size() == devices.managed && !certs.exists(c, c.notAfter < now)'`,
    `expr: 'certs.exists(c, c.status == "expired" && c.inUse)'`,
  ],
  [
    'of a rollout',
    `expr: 'rollout("rolled").state == "completed" && rollout("rolled").ring("broad").succeeded >= 1.0'`,
    `at: begin(rollout), expr: 'rollout("rolled").state == "running"'`,
  ],
  [
    'of what Graph counts',
    `graph: { get: "/v1.0/deviceManagement/managedDevices/$count?$filter=complianceState eq 'compliant'", expect: 'status == 200 && body == devices.compliant' }`,
    `at: trouble+90m, graph: { get: /v1.0/deviceManagement/managedDevices/$count, expect: 'body == devices.compliant' }`,
  ],
  [
    'of what Graph says',
    `graph: { get: '/v1.0/deviceManagement/managedDevices?$top=3', expect: 'body.value.size() == 3 && body.value.all(d, d.managementAgent == "mdm")' }`,
    `graph: { get: /v1.0/deviceManagement/nowhere, expect: status == 200 }`,
  ],
]

describe('an assertion', { timeout: 60_000 }, () => {
  it.each(['hold', 'break'])('of each kind can %s', async (what) => {
    const lines = conditions.map(
      ([name, holding, breaking]) => `  - { name: ${name}, ${what === 'hold' ? holding : breaking} }\n`,
    )
    const { assertions, exitCode } = await run(`assertions:\n${lines.join('')}`)
    expect(exitCode).toBe(what === 'hold' ? 0 : 11)
    for (const { name, ok, got, outcome } of assertions)
      expect({ name, ok, got, outcome }).toEqual({ name, ok: what === 'hold', got, outcome: undefined })
    expect(assertions).toHaveLength(conditions.length)
  })

  it('names the devices that broke it, and the moment', async () => {
    const result = await run(`assertions:
  - { name: all, at: trouble+30m, expr: 'fleet.filter(d, d.part == "laptops").all(d, d.online)' }
  - { name: never, never: { during: [trouble] }, expr: 'fleet.exists(d, !d.online)' }
  - { name: none, at: trouble+30m, expr: 'fleet.filter(d, !d.online).size() == 0' }
`)
    const [all, never, none] = result.assertions
    expect(all?.devices).toHaveLength(6)
    expect(all?.got).toMatch(/6 devices: .+, .+, .+ …/)
    expect(none?.devices.toSorted()).toEqual(all?.devices.toSorted())
    expect(never?.devices.toSorted()).toEqual(all?.devices.toSorted())
    const [, trouble] = result.phases
    expect(all?.atMs).toBe((trouble?.fromMs ?? 0) + 30 * 60_000)
    expect((never?.atMs ?? 0) - (trouble?.fromMs ?? 0)).toBeLessThan(60_000)
  })

  it('whose phase never came is not reached, and not the reason', async () => {
    const scenario = scenarioOf(
      world(
        'assertions:\n  - { name: there, at: end(rollout), expr: devices.total == 20 }\n  - { name: while, expr: devices.total == 20, always: { during: [rollout] } }\n',
      ).replace('duration: 2h', 'until: { expr: devices.total == 1, timeout: 10m }'),
    )
    const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
    const { assertions, exitCode } = await perform(stage, scenario).finally(() => stage.stop())
    expect(exitCode).toBe(5)
    for (const each of assertions)
      expect(each).toMatchObject({ ok: false, outcome: 'not-reached', got: 'not reached: rollout did not begin' })
    expect(assertions).toHaveLength(2)
  })
})

it('is the same history each time, however much is looked at', { timeout: 60_000 }, async () => {
  const text = `thresholds:
  - { metric: report.ack_latency, require: p99 < 9h, window: 20m, abortOnFail: true }
  - { metric: recovery.time, require: max < 9h }
assertions:
  - { name: a, expr: 'fleet.all(d, d.name != "")', always: {} }
`
  const [one, other] = [await run(text), await run(text)]
  expect(one.exitCode).toBe(0)
  expect(one.replay).toEqual(other.replay)
  expect(one.metrics).toEqual(other.metrics)
})

describe('a former run', { timeout: 60_000 }, () => {
  const regress = (rule: string) => `outputs: { baseline: { regress: { report.ack_latency: ${rule} } } }\n`

  it('is compared with: what is worse by more than it may is a failed threshold, with both figures', async () => {
    const former = await run(regress('p95 +20%'))
    expect(former.exitCode).toBe(0)
    const same = await run(regress('p95 +20%'), { baseline: { former } })
    expect(same).toMatchObject({ exitCode: 0, thresholds: [{ name: 'report.ack_latency against test', ok: true }] })
    const faster = {
      ...former,
      metrics: former.metrics?.map((each) => ({ ...each, measured: { ...each.measured, p95: each.measured.p95 / 2 } })),
    }
    const worse = await run(regress('p95 +20%'), { baseline: { former: faster as typeof former } })
    expect(worse.exitCode).toBe(10)
    const [result] = worse.thresholds
    expect(result?.got).toMatch(/^p95 = .+, was .+ \(\+100\.0%\)$/)
    expect(result?.baseline).toEqual({ now: expect.any(Number), was: (result?.baseline?.now ?? 0) / 2 })
  })

  it('that is not there is said, and fails nothing', async () => {
    const { exitCode, thresholds } = await run(regress('max +5s'), { baseline: { missing: 'no run has passed yet' } })
    expect(exitCode).toBe(0)
    expect(thresholds).toMatchObject([{ name: 'baseline', outcome: 'not-measured', got: 'no run has passed yet' }])
  })
})
