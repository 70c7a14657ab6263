import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Scenario } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { perform, scenarioOf } from '../../test-support/scenario.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'

const FOLDER = fileURLToPath(new URL('../../library/', import.meta.url))

interface Change {
  /** What is different in this world. */
  readonly world: string
  /** Text of the scenario, which must be there, and what stands there instead. */
  readonly from: string
  readonly to: string
  readonly fails: string
  readonly exitCode: number
}

/** One change for each story: the world goes another way, what is expected of it stays as it is. */
const changes: Readonly<Record<string, Change>> = {
  '../first-day': {
    world: 'no setting can be applied',
    from: 'eager: { driftFactor: 0,',
    to: 'eager: { driftFactor: 0, applyFailure: 100%,',
    fails: 'hardly any setting failed',
    exitCode: 11,
  },
  'field-tablets': {
    world: 'nobody is ever away',
    from: 'share: 35%, wave: { every: 24h, for: 10h, jitter: 45m }',
    to: 'share: 0%, wave: { every: 24h, for: 10h, jitter: 45m }',
    fails: 'the change is where there was a connection',
    exitCode: 11,
  },
  'rough-week': {
    world: 'nobody tampers with anything',
    from: 'kind: device.tamper, in: laptops, share: 25%',
    to: 'kind: device.tamper, in: laptops, share: 0%',
    fails: 'those tampered with are seen',
    exitCode: 11,
  },
  'ring-rollout': {
    world: 'most laptops fail to apply the baseline',
    from: 'applyFailure: 0.5%',
    to: 'applyFailure: 60%',
    fails: 'the last ring reached every laptop',
    exitCode: 11,
  },
  'ring-rollout-halted': {
    world: 'the baseline works everywhere, so that the gate opens',
    from: 'applyFailure: 60%',
    to: 'applyFailure: 0',
    fails: 'the broad ring never began',
    exitCode: 11,
  },
  'grace-and-retire': {
    world: 'every culprit mends it, so that nobody is left to be retired',
    from: 'selfHeal: 50%',
    to: 'selfHeal: 100%',
    fails: 'grace-ends',
    exitCode: 5,
  },
  'offline-and-back': {
    world: 'nobody travels',
    from: '      - offline: { in: laptops, share: 50%, salt: travellers, over: 5m }\n',
    to: '',
    fails: 'away',
    exitCode: 5,
  },
  'conflicting-policies': {
    world: 'the policies want the same',
    from: 'settings: { passwordMinimumLength: 12 }',
    to: 'settings: { passwordMinimumLength: 8 }',
    fails: 'only the pilots quarrel',
    exitCode: 11,
  },
  'wipe-and-retire': {
    world: 'a phone less is lost',
    from: 'name: wipe, in: phones, count: 10',
    to: 'name: wipe, in: phones, count: 9',
    fails: 'who left is counted',
    exitCode: 11,
  },
  'broker-loss': {
    world: 'the broker is killed twice',
    from: '      - killBroker: { down: 5s }\n',
    to: '',
    fails: 'the broker was killed three times',
    exitCode: 11,
  },
  'control-restart': {
    world: 'three laptops are retired meanwhile',
    from: '      - wait: 2m\n',
    to: '      - action: { name: retire, in: laptops, count: 3 }\n      - wait: 2m\n',
    fails: 'everybody kept identity and certificate',
    exitCode: 11,
  },
  chaos: {
    world: 'the laptops go away before the policy changes, and stay away',
    from: '      - wait: 4h\n      - update:',
    to: '      - offline: { in: laptops }\n      - wait: 4h\n      - update:',
    fails: 'all is well in the end',
    exitCode: 11,
  },
}

const stories = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace('.yaml', ''))

describe('each story of the library can fail', () => {
  it('has a change here', () => {
    expect(Object.keys(changes).sort()).toEqual(['../first-day', ...stories].sort())
  })

  it.each(Object.entries(changes))('%s', { timeout: 120_000 }, async (name, change) => {
    const text = readFileSync(`${FOLDER}${name}.yaml`, 'utf8')
    const changed = text.replace(change.from, change.to)
    expect(changed, change.world).not.toBe(text)
    const written = scenarioOf(changed)
    const scenario: Scenario = { ...written, clock: { ...written.clock, mode: 'virtual' } }
    const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
    try {
      const { verdict, exitCode, assertions, phases } = await perform(stage, scenario)
      const failed = [
        ...assertions.filter(({ ok }) => !ok).map((each) => each.name),
        ...phases.filter(({ outcome }) => outcome === 'timed-out').map((each) => each.name),
      ]
      expect({ verdict, exitCode }, failed.join(', ')).toEqual({ verdict: 'failed', exitCode: change.exitCode })
      expect(failed).toContain(change.fails)
    } finally {
      await stage.stop()
    }
  })
})
