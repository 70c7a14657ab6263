import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, good } from './parse.test-support.ts'
import { formatProblem, parseScenario } from './parse.ts'

describe('values that are put into a scenario', () => {
  const set = (...texts: string[]) => parseScenario(good, 'x.yaml', check, texts)
  const problems = (...texts: string[]) => {
    const parsed = set(...texts)
    return parsed.ok ? [] : parsed.problems.map(formatProblem)
  }

  it('are read as if they stood there, in lists by number, id or name', () => {
    const parsed = set(
      'population.size=20',
      'policies.base.settings.passwordMinimumLength=12',
      'phases.settle.until.timeout=90m',
      'population.mix.1.behavior=busy',
      'behaviors={ busy: { driftFactor: 3 } }',
      'tenant.users.count=7',
      'metadata.tags=[a, b]',
    )
    if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join())
    expect(parsed.scenario).toMatchObject({
      population: { size: 20, mix: [{}, { behavior: 'busy' }] },
      policies: [{ settings: { passwordMinimumLength: 12 } }],
      phases: [{ until: { timeout: 90 * 60_000 } }],
      behaviors: { busy: { driftFactor: 3 } },
      tenant: { users: { count: 7 } },
      metadata: { tags: ['a', 'b'] },
    })
  })

  it.each([
    ['population.size=ten', /^--set population\.size=ten:1:17 population\.size: expected a number, found "ten"$/],
    ['population.sizes=10', /^--set population\.sizes=10:1:12 population\.sizes: .*did you mean "size"\?$/],
    [
      'phases.setle.duration=2h',
      /^--set phases\.setle\.duration=2h:1:1 there is no "setle" in phases; did you mean "settle"\?$/,
    ],
    [
      'phases.settle.until.expr=devices.manged == 3',
      /^--set phases\.settle\.until\.expr=devices\.manged == 3:1:26 phases\.0\.until\.expr: /,
    ],
    ['population.size.more=1', /^--set population\.size\.more=1:1:1 population\.size is a value/],
    ['population', /^--set population:1:1 expected path=value$/],
    ['population.size=[1', /^--set population\.size=\[1:1:17 /],
  ])('%s is located in itself and explained', (text, wanted) => {
    expect(problems(text)[0]).toMatch(wanted)
  })

  it('never break the reader', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (path, value) => {
        for (const problem of problems(`${path}=${value}`)) expect(problem).toMatch(/:[1-9]\d*:[1-9]\d* /)
      }),
    )
    const parts = ['population', 'phases', 'settle', '0', 'size', 'until', 'policies', 'base', '', 'metadata', 'mix']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 4 }), fc.json(), (path, value) => {
        for (const problem of problems(`${path.join('.')}=${value}`)) expect(problem).toMatch(/:[1-9]\d*:[1-9]\d* /)
      }),
    )
  })
})
