import { expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { renderHtml } from '../report/html.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'

const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: rings }
seed: r
clock: { mode: virtual }
behaviors: { still: { driftFactor: 0, applyFailure: 0 } }
population: { size: 20, mix: [{ name: laptops, weight: 1, platform: windows, behavior: still }] }
policies:
  - { id: rolled, type: configuration, platform: windows, assignTo: [], settings: { passwordMinimumLength: 8 } }
phases:
  - { name: settle, duration: 1h }
  - name: rollout
    do:
      - offline: { share: 10%, salt: away }
      - rollout:
          policy: rolled
          rings: [{ name: canary, percent: 10, soak: 1h }, { name: broad, percent: 100, soak: 3h }]
    duration: 6h
faults: [{ kind: http, at: rollout, for: 5m, path: /v1.0/groups, respond: { status: 503 } }]
`)

it('a result has its rollouts ring by ring, and the requests to Graph by route', async () => {
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    const result = await perform(stage, scenario)
    const { rollouts: [rollout] = [], graphRoutes = [], phases } = result
    expect(rollout).toMatchObject({ policy: 'rolled', state: 'completed' })
    const [canary, broad] = rollout?.rings ?? []
    expect(canary).toMatchObject({ name: 'canary', state: 'passed', targeted: 2 })
    expect(broad).toMatchObject({ name: 'broad', targeted: 20 })
    expect(broad?.applied).toBeGreaterThanOrEqual(16)
    expect(broad?.curve.at(-1)?.[1]).toBe(broad?.applied)
    expect((broad?.fromMs ?? 0) - (canary?.fromMs ?? 0)).toBeGreaterThanOrEqual(3_600_000)
    expect(canary?.curve[0]?.[0]).toBeGreaterThanOrEqual(phases[1]?.fromMs ?? Number.POSITIVE_INFINITY)
    expect(Object.values(broad?.states ?? {}).reduce((sum, count) => sum + count, 0)).toBe(20)

    const groups = graphRoutes.find(({ route }) => route === 'POST /groups')
    expect(groups?.failed).toBeGreaterThan(0)
    expect((groups?.count ?? 0) - (groups?.failed ?? 0)).toBe(2)
    expect(graphRoutes.every(({ tookMs }) => tookMs === undefined)).toBe(true)
    const page = renderHtml(result)
    expect(page).toContain('aria-label="Ring canary: 2 of 2 devices')
    expect(page).toContain('<code>POST /groups</code>')
  } finally {
    await stage.stop()
  }
}, 60_000)
