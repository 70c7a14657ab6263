import type { DeviceTrace } from '@muster/shared/contracts'
import { expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { listAll } from '../client/graph.ts'
import { openVirtualStage } from './virtual-stage.ts'

const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: explained }
seed: 3
clock: { mode: virtual, speed: 60 }
tenant: { restrictions: [ { id: no-phones, platform: android, blocked: true } ] }
behaviors: { calm: { driftFactor: 0, applyFailure: 0, restartAfter: 40h, userActsAfter: 5m } }
population:
  size: 12
  mix:
    - { name: laptops, weight: 10, platform: windows, behavior: calm }
    - { name: phones, weight: 2, platform: android, behavior: calm }
policies:
  - { id: disk, type: compliance, platform: windows, settings: { bitLockerEnabled: true }, gracePeriod: 24h }
  - { id: wall, type: compliance, platform: windows, settings: { activeFirewallRequired: true } }
  - { id: late, type: configuration, platform: windows, settings: { bluetoothBlocked: true }, assignTo: [] }
phases:
  - { name: settle, do: [ drift: { in: laptops, posture: { encrypted: true, firewallOn: true } }, sync: {} ], duration: 3h }
  - name: break
    do:
      - drift: { in: laptops, share: 30%, salt: a, posture: { encrypted: false } }
      - sync: {}
      - wait: 1h
      - offline: { in: laptops, share: 20%, salt: b }
      - assign: { policy: late, to: [all-devices] }
      - wait: 1h
      - action: { name: retire, in: laptops, count: 1, salt: c }
    duration: 4h
faults:
  - { kind: device.tamper, at: break+2h, for: 30d, in: laptops, share: 10%, salt: d }
`)

it('a virtual world explains its devices: what drifted, by whom, who is away, who left and who never came', async () => {
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  try {
    let stories: readonly DeviceTrace[] = []
    const looking = {
      ...stage,
      record: (what: string, text: string) => {
        stage.record?.(what, text)
        if (text.startsWith('break: done')) void look()
      },
    }
    const look = async (): Promise<void> => {
      const devices = await listAll(stage.client, '/v1.0/deviceManagement/managedDevices?$top=1000')
      stories = await Promise.all(
        devices.map(async ({ id }) => (await stage.client.call('GET', `/_muster/devices/${id}/trace`)) as DeviceTrace),
      )
    }
    const result = await perform(looking, scenario)
    const told = (part: RegExp): readonly string[] =>
      stories
        .flatMap(({ explanation }) => explanation.because.map(({ text }) => text))
        .filter((text) => part.test(text))
    expect(stories).toHaveLength(9)
    expect(told(/^disk: bitLockerEnabled is not compliant since/).length).toBeGreaterThan(0)
    expect(told(/^encrypted = false at .*, by a drift step of the scenario$/).length).toBeGreaterThan(0)
    expect(told(/^the grace period of disk lasts until/).length).toBeGreaterThan(0)
    expect(told(/^the poke for it was missed at .*: the device was offline$/).length).toBeGreaterThan(0)
    expect(told(/^offline since .*: a step of the scenario took it offline$/).length).toBeGreaterThan(0)
    expect(told(/not recorded/)).toEqual([])

    const absent = result.devices.filter(({ complianceState }) => ['left', 'refused'].includes(complianceState))
    expect(absent.map(({ explanation }) => explanation?.because[0]?.text)).toEqual([
      expect.stringMatching(/^retire was requested by .+ at /),
      ...Array(2).fill(expect.stringMatching(/^enrolment was refused at .*: enrolment\/platform-blocked$/)),
    ])
  } finally {
    await stage.stop()
  }
})
