import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { natsBinary } from '../../../shared/test-support/nats.ts'
import { perform, scenarioOf, standings } from '../../test-support/scenario.ts'
import type { Stage } from '../runner/stage.ts'
import { openLiveStage } from '../stack/live-stage.ts'
import { openVirtualStage } from './virtual-stage.ts'

/** A day of all platforms in which everything that happens is waited for. */
const scenario = scenarioOf(`apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: agreement }
seed: 77
clock: { speed: 600, start: 2026-03-02T08:00:00Z }
behaviors:
  still: { driftFactor: 0, restartAfter: 5m, userActsAfter: 5m, applyFailure: 20% }
population:
  size: 40
  mix:
    - { name: laptops, weight: 12, platform: windows, behavior: still }
    - { name: phones, weight: 8, platform: iOS, behavior: still }
    - { name: tablets, weight: 3, platform: iPadOS, behavior: still }
    - { name: macs, weight: 5, platform: macOS, behavior: still }
    - { name: tvs, weight: 2, platform: tvOS, behavior: still }
    - { name: headsets, weight: 2, platform: visionOS, behavior: still }
    - { name: androids, weight: 5, platform: android, enrollment: work-profile, behavior: still }
    - { name: boxes, weight: 3, platform: linux, behavior: still }
policies:
  - { id: win-c, type: compliance, platform: windows, gracePeriod: 24h, settings: { bitLockerEnabled: true, activeFirewallRequired: true, osMinimumVersion: 10.0.26100 } }
  - { id: win-b, type: configuration, platform: windows, settings: { passwordRequired: true, passwordMinimumLength: 8, firewallProfilePublic: true, virtualizationBasedSecurity: true } }
  - { id: ios-c, type: compliance, platform: iOS, settings: { passcodeRequired: true } }
  - { id: mac-b, type: configuration, platform: macOS, settings: { passwordRequired: true, passwordMinimumLength: 8 } }
  - { id: droid-c, type: compliance, platform: android, settings: { passwordRequired: true, storageRequireEncryption: true } }
  - { id: linux-c, type: compliance, platform: linux, settings: { deviceEncryptionRequired: true } }
phases:
  - name: settle
    until:
      timeout: 12h
      expr: >-
        policy("win-c").pending == 0 && policy("win-b").pending == 0 && policy("ios-c").pending == 0
        && policy("mac-b").pending == 0 && policy("droid-c").pending == 0 && policy("linux-c").pending == 0
        && policy("win-b").targeted == 12
  - name: trouble
    do:
      # A policy that failed in one setting can still wait for a restart in another.
      - wait: 70m
      - drift: { in: laptops, share: 50%, posture: { firewallOn: false } }
      - sync: { in: laptops }
      - action: { name: retire, in: androids, count: 2, salt: gone }
    until: { expr: devices.retired == 2 && devices.inGracePeriod + devices.noncompliant >= 6, timeout: 12h }
`)

async function end(stage: Stage) {
  try {
    const { verdict, final } = await perform(stage, scenario)
    const { active, revoked } = final.certificates
    return { verdict, certificates: { active, revoked }, devices: await stage.perform(() => standings(stage.client)) }
  } finally {
    await stage.stop()
  }
}

it('the virtual and the live run of a scenario agree in how every device ends', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'muster-agree-'))
  const common = { scenario, logLevel: 'silent', onEvent: () => undefined }
  try {
    const virtual = await end(await openVirtualStage(common))
    const env = { ...process.env, MUSTER_NATS_BIN: natsBinary().path }
    const live = await end(await openLiveStage({ ...common, dataDir, env }))
    expect(virtual).toMatchObject({ verdict: 'passed', certificates: { active: 38, revoked: 2 } })
    expect(Object.keys(virtual.devices)).toHaveLength(38)
    expect(live).toEqual(virtual)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 300_000)
