import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, good, problemsOf } from './parse.test-support.ts'
import { formatProblem, parseScenario } from './parse.ts'
import { managedCount, populationCounts, populationOf } from './population.ts'

describe('a scenario that is wrong', () => {
  it('is none to begin with', () => expect(problemsOf(good)).toEqual([]))

  it.each<[string, string, string, RegExp]>([
    ['an unknown key', 'size: 10', 'sizes: 10', /^x\.yaml:5:3 population\.sizes: .*did you mean "size"\?/],
    ['a value of another kind', 'size: 10', 'size: ten', /^x\.yaml:5:9 population\.size: /],
    ['a number out of range', 'size: 10', 'size: 0', /^x\.yaml:5:9 population\.size: /],
    ['an unknown platform', 'platform: iOS', 'platform: ios', /^x\.yaml:8:\d+ population\.mix\.1\.platform: .*iOS/],
    ['a duration without unit', 'timeout: 1h', 'timeout: soon', /^x\.yaml:13:\d+ phases\.0\.until\.timeout: /],
    [
      'an unknown name in a condition',
      'devices.enrolledShare',
      'devices.enroledShare',
      /^x\.yaml:13:\d+ phases\.0\.until\.expr: /,
    ],
    ['a condition that is none', '>= 1.0', '+ 1.0', /^x\.yaml:13:\d+ phases\.0\.until\.expr: /],
    ['broken YAML', 'phases:', 'phases: [', /^x\.yaml:\d+:\d+ /],
    ['the same key twice', 'kind: Scenario', 'kind: Scenario\nkind: Scenario', /^x\.yaml:3:\d+ /],
    ['a number that is text', 'size: 10', 'size: ten', /: expected a number, found "ten"$/],
    ['a duration that is a number', 'timeout: 1h', 'timeout: 3', /: expected a duration such as .*, found 3$/],
    ['a platform nearly right', 'platform: iOS', 'platform: windos', /, found "windos"; did you mean "windows"\?$/],
    [
      'a step nearly right',
      '  - name: settle',
      '  - name: settle\n    do: [{ asign: { policy: base, to: [all-devices] } }]',
      /^x\.yaml:13:\d+ phases\.0\.do\.0\.asign: there is no step "asign"; did you mean "assign"\?$/,
    ],
    [
      'a key of Graph',
      'population:',
      'graph: { throtling: 0.1 }\npopulation:',
      /^x\.yaml:\d+:\d+ graph\.throtling: .*did you mean "throttling"\?$/,
    ],
    [
      'limits of Graph',
      'population:',
      'graph: { throttling: 10% }\npopulation:',
      /^x\.yaml:\d+:\d+ graph\.throttling: expected a number such as 0\.1/,
    ],
    ['another version', 'muster.dev/v1', 'muster.dev/v9', /^x\.yaml:1:\d+ apiVersion: /],
  ])('%s is located and explained', (_what, from, to, wanted) => {
    const problems = problemsOf(good.replace(from, to))
    expect(problems.length).toBeGreaterThan(0)
    expect(problems[0]).toMatch(wanted)
  })

  it.each<[string, string, RegExp]>([
    ['a kind', 'at: settle, kind: broker.kil', /^x\.yaml:15:\d+ faults\.0\.kind: .*did you mean "broker\.kill"\?/],
    ['no kind', 'at: settle', /^x\.yaml:15:\d+ faults\.0\.kind: is missing.*control\.crash/],
    ['a phase', 'at: setle+5m, kind: broker.kill', /^x\.yaml:15:\d+ faults\.0\.at: .*did you mean "settle"\?/],
    ['a moment', 'at: settle+5, kind: broker.kill', /^x\.yaml:15:\d+ faults\.0\.at: expected a time such as 2h/],
    ['a key', 'at: 5m, kind: link, los: 3%', /^x\.yaml:15:\d+ faults\.0\.los: .*did you mean "loss"\?/],
    ['a share', 'at: 5m, kind: link, loss: 300%', /^x\.yaml:15:\d+ faults\.0\.loss: expected a share/],
    ['nothing that goes wrong', 'at: 5m, kind: link', /^x\.yaml:15:\d+ faults\.0: a link fault has/],
    [
      'an order',
      'at: 5m, kind: link, in: laptops, reorder: 3%',
      /^x\.yaml:15:\d+ faults\.0\.reorder: each device's messages/,
    ],
    ['a part', 'at: 5m, kind: link, in: laptop, loss: 3%', /^x\.yaml:15:\d+ faults\.0\.in: .*did you mean "laptops"\?/],
    [
      'a latency',
      'at: 5m, kind: link, share: 3%, latency: 40s',
      /^x\.yaml:15:\d+ faults\.0\.latency: a device gives up/,
    ],
    ['a status', 'at: 5m, kind: http, respond: { status: 404 }', /^x\.yaml:15:\d+ faults\.0\.respond\.status: /],
    [
      'a path',
      'at: 5m, kind: http, path: /_muster/**, latency: 1s',
      /^x\.yaml:15:\d+ faults\.0\.path: expected a path of Graph/,
    ],
    ['nothing that it answers', 'at: 5m, kind: http', /^x\.yaml:15:\d+ faults\.0: an http fault has/],
    ['limits', 'at: 5m, kind: throttling, scale: 0', /^x\.yaml:15:\d+ faults\.0\.scale: expected more than 0/],
    ['a target', 'at: 5m, kind: broker.partition, target: us', /^x\.yaml:15:\d+ faults\.0\.target: .*workers/],
  ])('a fault with %s that is wrong is located and explained', (_what, fault, wanted) => {
    expect(problemsOf(`${good}faults:\n  - { ${fault} }\n`).join('\n')).toMatch(wanted)
  })

  it.each<[string, string, RegExp]>([
    [
      'a time zone',
      'online: { pattern: office-hours, timeZone: Europe/Olso }',
      /\.timeZone: .*did you mean "Europe\/Oslo"\?/,
    ],
    ['a pattern', 'online: { pattern: office-hour }', /\.pattern: .*did you mean "office-hours"\?/],
    ['hours', 'online: { pattern: office-hours, from: "18:00", to: "9:00" }', /\.to: the hours end after/],
    ['a time', 'online: { pattern: office-hours, from: "9:75" }', /\.from: expected a time such as/],
    ['a p99', 'apply: { duration: { p50: 4s, p99: 2s } }', /\.duration\.p99: p99 is no less than p50/],
    ['a latency', 'link: { latency: { p50: 4s, p99: 2s } }', /\.link\.latency\.p99: p99 is no less than p50/],
    ['a loss', 'link: { los: 2% }', /\.link\.los: .*did you mean "loss"\?/],
    ['a key', 'checkIn: { evry: 4h }', /\.evry: .*did you mean "every"\?/],
  ])('a behaviour with %s that is wrong is located and explained', (_what, behavior, wanted) => {
    const problems = problemsOf(`${good}behaviors:\n  office: { ${behavior} }\n`).join('\n')
    expect(problems).toMatch(/^x\.yaml:15:\d+ behaviors\.office\./)
    expect(problems).toMatch(wanted)
  })

  it.each<[string, string, RegExp]>([
    [
      'a metric',
      'metric: enrol.durations, require: p95 < 1m',
      /^x\.yaml:15:\d+ thresholds\.0\.metric: .*did you mean "enrol\.duration"/,
    ],
    [
      'a statistic',
      'metric: enrol.duration, require: p96 < 1m',
      /:15:\d+ .*\.require: enrol\.duration has no "p96"; did you mean "p9/,
    ],
    ['a rate', 'metric: enrol.duration, require: error.rate < 1%', /has no "error\.rate"/],
    ['a unit', 'metric: report.lost, require: count < 5s', /expected a number such as 0 or 12, found "5s"/],
    [
      'a phase',
      'metric: report.ack_latency, during: [setle], require: max < 1m',
      /:15:\d+ thresholds\.0\.during\.0: .*did you mean "settle"/,
    ],
    [
      'a fault',
      'metric: report.ack_latency, except: [cutt], require: max < 1m',
      /:15:\d+ .*except\.0: there is no fault "cutt"; did you mean "cut"/,
    ],
    [
      'a part',
      'metric: enrol.duration, where: { in: laptop }, require: max < 1m',
      /where\.in: .*did you mean "laptops"/,
    ],
    [
      'what it cannot be about',
      'metric: enrol.duration, where: { policy: base }, require: max < 1m',
      /where\.policy: enrol\.duration can be narrowed down by in/,
    ],
    [
      'a ring',
      'metric: policy.time_to_applied, where: { policy: base, ring: broad }, require: max < 1m',
      /where\.ring: the rollout of "base" has no ring "broad"/,
    ],
    [
      'a window of what is measured once',
      'metric: report.lost, window: 5m, require: count == 0',
      /window: report\.lost is measured once/,
    ],
    [
      'an end that may come too early',
      'metric: report.ack_latency, abortOnFail: true, require: count > 3',
      /abortOnFail: count > 3 can come true later/,
    ],
    ['an exit code', 'metric: report.lost, exitCode: 60, require: count == 0', /exitCode: /],
  ])('a threshold with %s that is wrong is located and explained', (_what, threshold, wanted) => {
    const faults = 'faults: [{ name: cut, kind: broker.kill, at: settle }]'
    expect(problemsOf(`${good}thresholds:\n  - { ${threshold} }\n${faults}\n`).join('\n')).toMatch(wanted)
  })

  it.each<[string, string, RegExp]>([
    [
      'a field',
      "expr: 'fleet.all(d, d.onlin)'",
      /^x\.yaml:15:39 assertions\.0\.expr: No such key: onlin; did you mean "online"\?$/,
    ],
    ['a type', "expr: 'fleet.exists(d, d.online == 3)'", /^x\.yaml:15:\d+ assertions\.0\.expr: .*bool == int/],
    [
      'a text',
      `expr: 'fleet.all(d, d.platform == "windws")'`,
      /:15:\d+ .*platform is never "windws"; did you mean "windows"\?/,
    ],
    [
      'a state',
      `expr: 'fleet.all(d, d.policies["base"] == "complient")'`,
      /policies is never "complient"; did you mean "compliant"\?/,
    ],
    [
      'a policy of a device',
      `expr: 'fleet.all(d, d.policies["bass"] == "compliant")'`,
      /there is no policy "bass"; did you mean "base"\?/,
    ],
    ['a rollout', `expr: 'rollout("base").state == "completed"'`, /there is no rollout "base"/],
    [
      'a phase',
      'expr: devices.total == 1, at: end(setle)',
      /assertions\.0\.at: there is no phase "setle"; did you mean "settle"\?/,
    ],
    ['a moment', 'expr: devices.total == 1, at: beginning(settle)', /at: expected end, end\(<phase>\)/],
    [
      'a phase of always',
      'expr: devices.total == 1, always: { during: [setle] }',
      /always\.during\.0: there is no phase "setle"/,
    ],
    [
      'two of a kind',
      'expr: devices.total == 1, always: {}, never: {}',
      /never: an assertion is about always or never/,
    ],
    ['nothing asked', 'at: end', /name: an assertion has an expr or a graph/],
    [
      'what Graph answers',
      "graph: { get: /v1.0/devices, expect: 'statu == 200' }",
      /graph\.expect: Unknown variable: statu/,
    ],
    ['where Graph is', "graph: { get: /devices, expect: 'status == 200' }", /graph\.get: expected a path/],
  ])('an assertion with %s that is wrong is located and explained', (_what, assertion, wanted) => {
    expect(problemsOf(`${good}assertions:\n  - { name: it, ${assertion} }\n`).join('\n')).toMatch(wanted)
  })

  it('warns of what is not measured in virtual time', () => {
    const text = `${good}clock: { mode: virtual }\nthresholds: [{ metric: simulator.lag, require: p95 < 2s }]\n`
    const parsed = parseScenario(text, 'x.yaml', check)
    expect(parsed.ok && parsed.warnings.map(formatProblem)).toEqual([
      'x.yaml:15:24 thresholds.0.metric: p95 < 2s will not be measured: simulator.lag measures the machine, and means nothing in virtual time',
    ])
    expect(problemsOf(text)).toEqual([])
  })

  it.each<[string, RegExp]>([
    [
      'report.ack_latancy: p95 +20%',
      /regress.*: there is no metric "report\.ack_latancy"; did you mean "report\.ack_latency"/,
    ],
    ['report.ack_latency: p95 20%', /regress.*: expected how much worse it may be/],
  ])('a comparison that is wrong is located and explained: %s', (rule, wanted) => {
    expect(problemsOf(`${good}outputs: { baseline: { regress: { ${rule} } } }\n`).join('\n')).toMatch(wanted)
  })

  it.each<[string, string, RegExp]>([
    ['two ways to arrive', 'enrol: { over: 5m, rate: 30/s }', /\.enrol\.rate: devices arrive over a time or at a rate/],
    ['a rate', 'enrol: { rate: 30 a second }', /\.enrol\.rate: expected a rate such as 30\/s/],
    ['a ramp', 'enrol: { ramp: 3m }', /\.enrol\.ramp: a ramp leads to a rate/],
    ['a drift', 'drift: [{ rate: 2, posture: {} }]', /\.drift\.0\.rate: /],
    ['a part', 'drift: [{ in: laptop, rate: 2%/d }]', /\.drift\.0\.in: .*did you mean "laptops"\?/],
    ['a wave', 'offline: [{ wave: { every: 4h, for: 3h, jitter: 2h } }]', /\.offline\.0\.wave\.every: a wave ends/],
    ['a key of a wave', 'offline: [{ wave: { evry: 4h, for: 3h } }]', /\.wave\.evry: .*did you mean "every"\?/],
  ])('a phase with %s that is wrong is located and explained', (_what, text, wanted) => {
    const problems = problemsOf(`${good}  - { name: on, ${text} }\n`).join('\n')
    expect(problems).toMatch(/^x\.yaml:14:\d+ phases\.1\./)
    expect(problems).toMatch(wanted)
  })

  it('enrols its population once, and says how in one place', () => {
    const enrolling = good.replace('  - name: settle', '  - { name: come, enrol: {} }\n  - name: settle')
    expect(problemsOf(enrolling)).toEqual([])
    expect(problemsOf(`${enrolling}  - { name: again, enrol: {} }\n`).join()).toMatch(/phases\.2\.enrol: .*once/)
    expect(problemsOf(enrolling.replace('size: 10', 'size: 10\n  enrolOver: 5m')).join()).toMatch(
      /population\.enrolOver: /,
    )
  })

  it.each([
    ['of another platform by its ways', 'iOS, ownership: company', ''],
    ['none of whose ways makes them so', 'tvOS, ownership: personal', /ownership: devices of tvOS are company devices/],
    ['against the way', 'iOS, enrollment: ade, ownership: personal', /ownership: devices of iOS by ade are company/],
  ])('takes ownership %s', (_what, text, wanted) => {
    const problems = problemsOf(good.replace('platform: iOS', `platform: ${text}`)).join('\n')
    if (wanted === '') expect(problems).toBe('')
    else expect(problems).toMatch(wanted)
  })

  it.each<[string, string, RegExp]>([
    [
      'nobody',
      '{ id: more, from: bas }',
      /^x\.yaml:11:\d+ policies\.1\.from: there is no policy "bas"; did you mean "base"\?$/,
    ],
    ['itself', '{ id: more, from: more }', /^x\.yaml:11:\d+ policies\.1\.from: "more" comes from itself$/],
    ['nothing', '{ id: more, settings: {} }', /policies\.1\.type: is missing.*\n.*policies\.1\.platform: is missing/],
  ])('a policy that comes from %s is located and explained', (_what, policy, wanted) => {
    expect(problemsOf(good.replace('phases:', `  - ${policy}\nphases:`)).join('\n')).toMatch(wanted)
  })

  it('gives a policy what it has from another, and not its assignments', () => {
    const more = [
      '  - { id: more, from: strict, settings: { passwordMinimumLength: 12 } }',
      '  - { id: strict, from: base, settings: { passwordRequired: true, passwordMinimumLength: 9 }, assignTo: [all-users] }',
    ]
    const parsed = parseScenario(good.replace('phases:', `${more.join('\n')}\nphases:`), 'x.yaml')
    if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join())
    const common = { type: 'configuration', platform: 'windows', gracePeriod: 0, actions: [] }
    expect(parsed.scenario.policies).toMatchObject([
      { ...common, id: 'base', settings: { passwordMinimumLength: 8 }, assignTo: ['all-devices'] },
      { ...common, id: 'more', settings: { passwordMinimumLength: 12, passwordRequired: true }, assignTo: [] },
      {
        ...common,
        id: 'strict',
        settings: { passwordMinimumLength: 9, passwordRequired: true },
        assignTo: ['all-users'],
      },
    ])
  })

  it('names a policy that is nearly right', () => {
    const text = `${good}assertions:\n  - { name: all, expr: policy("bass").error == 0 }\n`
    expect(problemsOf(text).join()).toMatch(/^x\.yaml:15:\d+ assertions\.0\.expr: .*bass/)
  })

  it('is refused with a place whatever it is, and never breaks the reader', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(12), fc.string({ maxLength: 12 }), (at, cut, insert) => {
        const text = good.slice(0, at) + insert + good.slice(at + cut)
        for (const problem of problemsOf(text)) expect(problem).toMatch(/^x\.yaml:[1-9]\d*:[1-9]\d* /)
      }),
      { numRuns: 400 },
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(problemsOf(text).length).toBeGreaterThan(0)
      }),
    )
  })

  it('cannot grow by aliases', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join(',')}]`),
    ].join('\n')
    expect(problemsOf(bomb).length).toBeGreaterThan(0)
  })
})

describe('the population', () => {
  it('has exact shares', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 9 }),
        (size, weights) => {
          const mix = weights.map((weight, index) => ({ name: `n${index}`, weight, platform: 'linux' as const }))
          const counts = populationCounts({ size, mix } as never)
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(size)
          for (const [index, count] of counts.entries())
            expect(Math.abs(count - (size * (weights[index] ?? 0)) / total)).toBeLessThan(1)
        },
      ),
    )
  })

  it('counts app-only devices apart', () => {
    const parsed = parseScenario(good.replace('platform: iOS', 'platform: iOS, enrollment: mam-only'), 'x.yaml')
    if (!parsed.ok) throw new Error(formatProblem(parsed.problems[0] as never))
    expect(populationOf(parsed.scenario).groups.map(({ count }) => count)).toEqual([7, 3])
    expect(managedCount(parsed.scenario)).toBe(7)
  })
})

it('reads every scenario of the library', () => {
  const root = new URL('../../../scenarios/', import.meta.url)
  const files = ['first-day.yaml', ...readdirSync(new URL('library/', root)).map((name) => `library/${name}`)]
  expect(files.length).toBeGreaterThanOrEqual(8)
  for (const file of files) {
    const parsed = parseScenario(readFileSync(new URL(file, root), 'utf8'), file)
    expect(parsed.ok ? [] : parsed.problems).toEqual([])
  }
})
