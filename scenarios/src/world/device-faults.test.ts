import type { RunResult } from '@muster/shared/scenario'
import { expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { listAll } from '../client/graph.ts'
import { openVirtualStage } from './virtual-stage.ts'

/** Ten laptops for which a policy is there from the start, and another comes while something is wrong with them. */
const scenarioWith = (fault: string, expectations: readonly string[]) =>
  scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: device-faults }
seed: 11
clock: { mode: virtual, speed: 60 }
behaviors: { calm: { driftFactor: 0, applyFailure: 0, restartAfter: 5m, userActsAfter: 5m } }
population: { size: 10, mix: [ { name: laptops, weight: 1, platform: windows, behavior: calm } ] }
policies:
  - { id: base, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
  - { id: tune, type: configuration, platform: windows, settings: { passwordMinimumLength: 6 } }
  - { id: more, type: configuration, platform: windows, settings: { bluetoothBlocked: true, defenderRequireRealTimeMonitoring: true }, assignTo: [] }
phases:
  - { name: settle, duration: 3h }
  - { name: wrong, do: [ wait: 10m, assign: { policy: more, to: [all-devices] }, sync: {}, action: { name: rebootNow } ], duration: 3h }
  - { name: after, duration: 10h }
faults:
  - { ${fault} }
assertions:
  - { name: everybody is managed, expr: devices.managed == 10 && devices.online == 10 }
  - { name: nothing is left of it, expr: policy("more").reported == 10 && policy("more").error + policy("more").pending + policy("more").nonCompliant == 0 && policy("base").compliant == 10 && actions.done == 10 }
${expectations.map((expectation) => `  - { ${expectation} }`).join('\n')}
`)

interface Seen {
  readonly result: RunResult
  /** Serial numbers by device at the end of the phase in which it was wrong. */
  readonly serials: readonly string[]
}

async function run(fault: string, expectations: readonly string[] = []): Promise<Seen> {
  const scenario = scenarioWith(fault, expectations)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    const serials: string[] = []
    const look = async (): Promise<void> => {
      const devices = await listAll(stage.client, '/v1.0/deviceManagement/managedDevices?$top=1000')
      serials.push(...devices.map(({ serialNumber }) => String(serialNumber)))
    }
    const watched = {
      ...stage,
      record: (what: string, text: string) => {
        stage.record?.(what, text)
        if (text.startsWith('wrong: done')) void look()
      },
    }
    return { result: await perform(watched, scenario), serials }
  } finally {
    await stage.stop()
  }
}

const during = 'at: settle+170m, for: 4h'

it.each<[string, string, readonly string[]]>([
  ['device.crash', 'in: laptops, share: 50%', ['name: a, at: end(wrong), expr: policy("more").reported == 10']],
  ['device.partial-apply', 'items: 60%', ['name: a, at: end(wrong), expr: policy("more").error > 0']],
  ['device.not-now', 'share: 40%', ['name: a, at: end(wrong), expr: actions.done == 6']],
  ['device.stale-report', '', ['name: a, expr: reports.duplicates >= 10 && reports.gaps == 0']],
  ['device.duplicate-identity', 'share: 40%', []],
  ['device.duplicate-identity', 'share: 40%, identity: hardware', []],
  [
    'device.duplicate-identity',
    'share: 40%, identity: management-id',
    ['name: a, at: end(wrong), expr: policy("more").reported == 8 && checkIns.refused > 0'],
  ],
  ['device.clock-skew', 'by: -3h', []],
  ['device.clock-skew', 'by: 400d, share: 30%', []],
  ['device.tamper', 'share: 30%, salt: t', ['name: a, at: end(wrong), expr: policy("base").nonCompliant == 3']],
  ['device.disk-full', 'over: 5m', ['name: a, at: end(wrong), expr: policy("more").error == 10']],
  ['device.flapping-link', 'up: 10m, down: 10m', []],
  ['link', 'in: laptops, share: 50%, latency: { min: 1s, max: 20s }, loss: 30%, duplicate: 10%', []],
])('%s (%s) shows as what it is, and leaves nothing behind', async (kind, rest, expectations) => {
  const fault = [`kind: ${kind}`, during, rest].filter(Boolean).join(', ')
  const { result, serials } = await run(fault, expectations)
  expect(result.assertions.filter(({ ok }) => !ok)).toEqual([])
  expect(result).toMatchObject({ verdict: 'passed', history: { ok: true, lost: 0, appliedTwice: 0 } })
  expect(result.faults).toMatchObject([{ kind }])
  // Of four with the wrong identity two have that of another; a wrong id is refused before anybody asks for a serial number.
  const hides = kind === 'device.duplicate-identity' && !rest.includes('management-id')
  expect([serials.length, new Set(serials).size]).toEqual([10, hides ? 8 : 10])
})
