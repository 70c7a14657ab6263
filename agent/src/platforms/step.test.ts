import { isDeepStrictEqual } from 'node:util'
import {
  type CheckInReply,
  type DeviceFault,
  enrolmentModes,
  type NativeCommand,
  type PolicyBody,
  type PolicyItem,
  PopulationGroup,
} from '@muster/shared/contracts'
import { DAY_MS, HOUR_MS } from '@muster/shared/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enrolledReply, guid, NOW_MS, setOf, shaOf } from '../domain/device.test-support.ts'
import {
  createDevice,
  type DeviceInput,
  type DeviceState,
  nextDueMs,
  type Platform,
  shaped,
  step,
} from '../domain/index.ts'
import { samples as android } from './android/samples.test-support.ts'
import { samples as apple } from './apple/samples.test-support.ts'
import { arbitraryCommand, arbitraryItem, frozen } from './conformance.ts'
import { platforms } from './index.ts'
import { samples as linux } from './linux/samples.test-support.ts'
import { samples as windows } from './windows/samples.test-support.ts'

const samplesOf: Readonly<Record<Platform['name'], readonly PolicyItem[]>> = {
  windows,
  android,
  linux,
  macOS: apple,
  iOS: apple,
  iPadOS: apple,
  tvOS: apple,
  visionOS: apple,
}

/** What happens next; each is made into an input when the state is known, as an answer repeats what was asked. */
interface Event {
  readonly what: DeviceInput['type']
  readonly waitMs: number
  readonly body: PolicyBody
  readonly command: NativeCommand
  readonly fault: DeviceFault
  readonly yes: boolean
  readonly acks: number
}

const faults: readonly DeviceFault[] = [
  { kind: 'crash' },
  { kind: 'partial-apply', items: 0.5 },
  { kind: 'not-now' },
  { kind: 'stale-report' },
  { kind: 'duplicate-identity', identity: 'hardware' },
  { kind: 'clock-skew', byMs: -DAY_MS },
  { kind: 'tamper' },
  { kind: 'disk-full' },
  { kind: 'flapping-link', upMs: HOUR_MS, downMs: HOUR_MS },
  { kind: 'link', latency: { minMs: 100, maxMs: 900 }, loss: 0.1, duplicate: 0.1 },
]

/** As it is after its way over the wire. */
const asReceived = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T

const events = (platform: Platform): fc.Arbitrary<readonly Event[]> => {
  const items = fc.uniqueArray(fc.oneof(fc.constantFrom(...samplesOf[platform.name]), arbitraryItem), {
    maxLength: 12,
    selector: ({ itemId }) => itemId,
  })
  const body = fc
    .record({
      v: fc.constant(1 as const),
      policyId: fc.constantFrom(guid('c1'), guid('c2'), guid('c3')),
      revision: fc.integer({ min: 1, max: 5 }),
      kind: fc.constantFrom('configuration' as const, 'configuration' as const, 'compliance' as const),
      platform: fc.constant(platform.name),
      items,
    })
    .map(asReceived<PolicyBody>)
  const event = fc.record({
    what: fc.constantFrom<DeviceInput['type']>(
      ...(['due', 'due', 'due', 'poke', 'check-in-answer', 'check-in-answer', 'check-in-answer', 'bodies'] as const),
      ...(['bodies', 'bodies', 'enrolment-answer', 'renewal-answer', 'registration-answer', 'failed'] as const),
      ...(['presence', 'ordered-drift', 'sync', 'sync', 'fault', 'fault'] as const),
    ),
    waitMs: fc.constantFrom(0, 1_000, HOUR_MS, 3 * DAY_MS),
    body,
    fault: fc.constantFrom(...faults),
    command: arbitraryCommand.map(asReceived<NativeCommand>),
    yes: fc.boolean(),
    acks: fc.nat({ max: 3 }),
  })
  return fc.array(event, { minLength: 10, maxLength: 60 })
}

function answerTo(state: DeviceState, { body, command, yes, acks }: Event): CheckInReply {
  return {
    outcome: 'managed',
    deviceId: state.deviceId ?? guid('d1'),
    ackedSeq: Math.max(0, state.lastSeq - acks),
    commands: yes
      ? [{ commandId: guid(`f${state.turn % 10}`), action: 'rebootNow', correlationId: 'c', native: command }]
      : [],
    policySet: setOf(String(body.revision), body),
  }
}

function inputOf(state: DeviceState, event: Event, nowMs: number): DeviceInput {
  const { what, body, fault, yes } = event
  switch (what) {
    case 'poke':
      return { type: what, nowMs, spreadMs: yes ? 60_000 : 0, correlationId: 'poke' }
    case 'check-in-answer':
      return { type: what, nowMs, answer: answerTo(state, event) }
    case 'bodies':
      return { type: what, nowMs, bodies: new Map([[shaOf(body), body], ...wantedOf(state, body)]) }
    case 'enrolment-answer':
      return { type: what, nowMs, answer: enrolledReply(state.enrolmentRequestId, nowMs) }
    case 'renewal-answer':
      return {
        type: what,
        nowMs,
        answer: { outcome: 'refused', requestId: guid('e1'), deviceId: guid('d1'), code: 'renewal/bad-proof' },
      }
    case 'registration-answer':
      return {
        type: what,
        nowMs,
        replies: (state.apps ?? []).map(({ registrationId }) => ({ registrationId, nextCheckInMs: HOUR_MS })),
      }
    case 'failed':
      return { type: what, nowMs, what: yes ? 'check-in' : 'register' }
    case 'presence':
      return { type: what, nowMs, online: yes }
    case 'ordered-drift':
      return { type: what, nowMs, posture: { encrypted: yes, locked: yes, passcodeSet: !yes } }
    case 'fault':
      return { type: what, nowMs, active: yes, fault, hardware: state.inventory.hardware }
    case 'born':
      return { type: what, nowMs, enrolAtMs: nowMs }
    default:
      return { type: what, nowMs }
  }
}

/** A body under every digest that the device asks for, so that whatever comes is held. */
const wantedOf = (state: DeviceState, body: PolicyBody): [string, PolicyBody][] =>
  (state.conversation?.wanted?.policies ?? []).map(({ sha256 }) => [sha256, body])

function newborn(platform: Platform, mode: string, seed: string): DeviceState {
  const group = PopulationGroup.parse({
    name: 'group',
    platform: platform.name,
    mode,
    count: 1,
    temperament: { driftFactor: 20, applyFailure: 0.2 },
  })
  return createDevice({ seed, group, index: 1, users: { count: 1, domain: 'contoso.example' } }, platform)
}

/** Lead a device through its events, and look at each step before it is taken. */
function live(platform: Platform, mode: string, seed: string, given: readonly Event[], look: Look): void {
  let state = newborn(platform, mode, seed)
  let nowMs = NOW_MS
  const take = (input: DeviceInput): void => {
    frozen(state)
    frozen(input)
    const outcome = step(state, input, platform)
    look(state, input, outcome)
    state = outcome.state
  }
  take({ type: 'born', nowMs, enrolAtMs: nowMs })
  take({ type: 'due', nowMs })
  if (state.phase === 'enrolling')
    take({ type: 'enrolment-answer', nowMs, answer: enrolledReply(state.enrolmentRequestId, nowMs) })
  for (const event of given) {
    nowMs = Math.min(nowMs + event.waitMs, Math.max(nowMs, nextDueMs(state) ?? nowMs))
    take(inputOf(state, event, nowMs))
  }
}

type Look = (state: DeviceState, input: DeviceInput, outcome: ReturnType<typeof step>) => void

const cases = Object.values(platforms).map((platform) => [platform.name, platform] as const)

describe.each(cases)('any step of %s', (name, platform) => {
  const modes = fc.constantFrom(...enrolmentModes[name].map(({ id }) => id))
  const seeds = fc.constantFrom('a', 'b', 'c', 'd')

  it('is the same for the same input, changes nothing of it, and survives being written down', () => {
    fc.assert(
      fc.property(modes, seeds, events(platform), (mode, seed, given) => {
        // Frozen inputs throw on any change; what `step` throws fails the test.
        live(platform, mode, seed, given, (state, input, outcome) => {
          const read = JSON.parse(JSON.stringify(state)) as DeviceState
          // Vitest would take a payload's own key `constructor` for the class of its object.
          expect(isDeepStrictEqual(shaped(read), shaped(state))).toBe(true)
          const again = step(read, input, platform)
          expect(isDeepStrictEqual(shaped(again.state), shaped(outcome.state))).toBe(true)
          expect(isDeepStrictEqual(again.effects, outcome.effects)).toBe(true)
        })
      }),
      { numRuns: 25 },
    )
  })

  it('gets as far as holding policies, whose results are theirs', () => {
    let held = 0
    fc.assert(
      fc.property(modes, seeds, events(platform), (mode, seed, given) => {
        live(platform, mode, seed, given, (_state, _input, { state }) => {
          for (const { body, results } of state.policies) {
            held++
            expect(results.map(({ itemId }) => itemId)).toEqual(body.items.map(({ itemId }) => itemId))
          }
        })
      }),
      { numRuns: 25, seed: 7 },
    )
    expect(held).toBeGreaterThan(50)
  })
})
