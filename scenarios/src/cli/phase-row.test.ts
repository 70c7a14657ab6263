import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { scenarioOf } from '../../test-support/scenario.ts'
import { phaseRow } from './phase-row.ts'

it('says of each phase how far it has come', () => {
  const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: row }
population: { size: 1, mix: [{ name: boxes, weight: 1, platform: linux }] }
phases:
  - { name: enrol, duration: 1m }
  - { name: settle, until: { expr: devices.managed == 1, timeout: 1h } }
  - { name: broken, duration: 1m }
  - { name: later, duration: 1m }
`)
  const row = phaseRow(
    scenario,
    new Map([
      ['enrol', 'done'],
      ['settle', 'running'],
      ['broken', 'failed'],
    ]),
  )
  expect(stripVTControlCharacters(row)).toBe(' phases enrol ✓  settle ▶ until devices.managed == 1  broken ✗  later ·')
})
