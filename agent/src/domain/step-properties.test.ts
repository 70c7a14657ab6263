import type { CheckInReply, PolicyBody, RenewalReply } from '@muster/shared/contracts'
import { CheckIn, Report } from '@muster/shared/contracts'
import { DAY_MS, MINUTE_MS } from '@muster/shared/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextDueMs } from './agenda.ts'
import {
  bodiesOf,
  calm,
  command,
  compliance,
  configuration,
  enrolledReply,
  guid,
  NOW_MS,
  newborn,
  setOf,
  shaOf,
  type Trial,
  trial,
} from './device.test-support.ts'
import type { DeviceInput, Effect } from './messages.ts'
import { OUTBOX_MAX } from './reports.ts'
import type { DeviceState } from './state.ts'

/**
 * Random lives. A move says what the world does next; what it answers depends on what the device has asked, so that most
 * lives get somewhere. Some moves answer when nobody has asked, or twice: that must do no harm.
 */
type Move =
  | { readonly move: 'wait'; readonly ms: number }
  | { readonly move: 'poke'; readonly spreadMs: number }
  | { readonly move: 'sync' | 'lose-answer' | 'enrol' | 'refuse-enrolment' | 'renew' | 'bodies' }
  | { readonly move: 'presence'; readonly online: boolean }
  | { readonly move: 'drift'; readonly encrypted: boolean; readonly heals: boolean }
  | { readonly move: 'reply'; readonly acks: number; readonly set: number; readonly commands: readonly number[] }
  /** A whole check-in in one: asked for, answered with a set, bodies fetched. */
  | { readonly move: 'visit'; readonly set: number }
  | { readonly move: 'refuse'; readonly code: string; readonly retry: boolean }

const bodies: readonly PolicyBody[] = [
  configuration('c1', 1, 'a', 'restart'),
  configuration('c1', 2, 'b', 'user'),
  configuration('c1', 3, 'fail'),
  compliance('c2', 1),
  compliance('c2', 2),
]
const sets = [[], [0], [1], [2, 3], [0, 4], [3], [1, 4]].map((chosen, index) =>
  setOf(String(index + 1), ...chosen.map((at) => bodies[at] as PolicyBody)),
)
const commands = ['Restart', 'Rename', 'NotNow', 'ShutDown', 'Unenrol', 'Wipe'].map((address, index) =>
  command(`f${index}`, 'rebootNow', address),
)

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ move: fc.constant('wait'), ms: fc.integer({ min: 0, max: 3 * DAY_MS }) }) },
  { weight: 2, arbitrary: fc.record({ move: fc.constant('wait'), ms: fc.integer({ min: 0, max: 5 * MINUTE_MS }) }) },
  { weight: 3, arbitrary: fc.record({ move: fc.constant('poke'), spreadMs: fc.constantFrom(0, 0, 60_000) }) },
  { weight: 1, arbitrary: fc.record({ move: fc.constantFrom('sync', 'lose-answer', 'refuse-enrolment', 'renew') }) },
  { weight: 3, arbitrary: fc.record({ move: fc.constantFrom('enrol', 'bodies') }) },
  { weight: 1, arbitrary: fc.record({ move: fc.constant('presence'), online: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ move: fc.constant('drift'), encrypted: fc.boolean(), heals: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      move: fc.constant('reply'),
      // Of the reports that the service could have: how many it has not committed yet. Beyond: a fleet set back.
      acks: fc.constantFrom(0, 0, 1, 3, 50, -2),
      set: fc.integer({ min: -2, max: sets.length - 1 }),
      commands: fc.array(fc.constantFrom(0, 1, 1, 2, 2, 3), { maxLength: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ move: fc.constant('visit'), set: fc.integer({ min: 0, max: sets.length - 1 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      move: fc.constant('refuse'),
      code: fc.constantFrom('checkin/certificate-expired', 'checkin/certificate-revoked', 'service/busy'),
      retry: fc.constant(true),
    }),
  },
) as fc.Arbitrary<Move>

/** Moves after which the device is, or soon will be, out of management. */
const leavingMove = fc.constantFrom<Move>(
  { move: 'reply', acks: 0, set: -1, commands: [4] },
  { move: 'reply', acks: 0, set: 3, commands: [5, 1] },
  { move: 'refuse', code: 'checkin/not-managed', retry: false },
)

/** One device, the moment it lives in, and what it was told to hold last. */
class Life {
  nowMs = NOW_MS
  readonly device: Trial
  readonly effects: Effect[] = []
  readonly states: DeviceState[] = []
  readonly #forgetful: boolean

  constructor({ driftFactor, forgetful }: Omit<Given, 'moves'>) {
    this.#forgetful = forgetful
    this.device = trial(newborn({ ...calm, driftFactor, restartAfterMs: MINUTE_MS, userActsAfterMs: MINUTE_MS }))
    this.#feed({ type: 'born', enrolAtMs: NOW_MS })
  }

  take(next: Move): void {
    const { state } = this.device
    switch (next.move) {
      case 'wait':
        this.#wait(next.ms)
        return
      case 'poke':
        this.#feed({ type: 'poke', spreadMs: next.spreadMs, correlationId: `poke-${state.turn}` })
        return
      case 'sync':
        this.#feed({ type: 'sync' })
        return
      case 'presence':
        this.#feed({ type: 'presence', online: next.online })
        return
      case 'drift':
        this.#feed({
          type: 'ordered-drift',
          posture: { encrypted: next.encrypted },
          ...(next.heals ? { healAfterMs: MINUTE_MS } : {}),
        })
        return
      case 'enrol':
        this.#feed({ type: 'enrolment-answer', answer: enrolledReply(state.enrolmentRequestId, this.nowMs) })
        return
      case 'refuse-enrolment': {
        const refusal = {
          outcome: 'refused',
          code: 'enrolment/device-limit',
          message: '',
          retryAfterMs: 1_000,
        } as const
        this.#feed({ type: 'enrolment-answer', answer: { ...refusal, requestId: state.enrolmentRequestId } })
        return
      }
      case 'renew':
        this.#feed({ type: 'renewal-answer', answer: this.#renewal() })
        return
      case 'bodies':
        this.#feed({ type: 'bodies', bodies: bodiesOf(...bodies) })
        return
      case 'lose-answer':
        this.#feed({ type: 'failed', what: 'check-in' })
        return
      case 'reply':
        this.#feed({ type: 'check-in-answer', answer: this.#reply(next) })
        return
      case 'visit':
        this.take({ move: 'sync' })
        this.take({ move: 'reply', acks: 0, set: next.set, commands: [] })
        this.take({ move: 'bodies' })
        return
      case 'refuse': {
        const retry = next.retry ? { retryAfterMs: 1_000 } : {}
        const refusal = { outcome: 'refused', deviceId: guid('d1'), code: next.code, ackedSeq: 0 } as const
        this.#feed({ type: 'check-in-answer', answer: { ...refusal, ...retry } })
      }
    }
  }

  #reply({ acks, set, commands: chosen }: Extract<Move, { move: 'reply' }>): CheckInReply {
    const policySet = sets[set]
    return {
      outcome: 'managed',
      deviceId: guid('d1'),
      ackedSeq: this.#forgetful ? 0 : Math.max(0, this.device.state.lastSeq - acks),
      commands: chosen.map((at) => commands[at] as (typeof commands)[number]),
      ...(policySet ? { policySet } : {}),
    }
  }

  #renewal(): RenewalReply {
    const answer = enrolledReply('', this.nowMs)
    if (answer.outcome !== 'enrolled') throw new Error('enrolled is what it says')
    return { outcome: 'renewed', requestId: guid('e1'), deviceId: guid('d1'), certificate: answer.certificate }
  }

  /** Appointments on the way are kept, each at its time, as the scheduler does. */
  #wait(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let kept = 0; kept < 20; kept++) {
      const dueMs = nextDueMs(this.device.state)
      if (dueMs === undefined || dueMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, dueMs)
      this.#feed({ type: 'due' })
    }
    this.nowMs = Math.max(this.nowMs, untilMs)
  }

  #feed(input: Parameters<Trial['feed']>[0]): void {
    this.device.feed(input as DeviceInput, this.nowMs)
    this.effects.push(...this.device.effects)
    this.states.push(this.device.state)
  }
}

interface Given {
  readonly moves: readonly Move[]
  readonly driftFactor: number
  /** The service commits nothing. */
  readonly forgetful: boolean
}

const lives: fc.Arbitrary<Given> = fc.record({
  // A device that does not get enrolled has little to tell.
  moves: fc
    .array(move, { minLength: 20, maxLength: 150 })
    .map((moves) => [{ move: 'wait', ms: 1 }, { move: 'enrol' }, ...moves]),
  driftFactor: fc.constantFrom(0, 1, 50),
  forgetful: fc.boolean(),
})

function live(given: Given, after?: (life: Life) => void): Life {
  const life = new Life(given)
  for (const next of given.moves) {
    life.take(next)
    after?.(life)
  }
  return life
}

const newReports = (effects: readonly Effect[]): Report[] =>
  effects.flatMap((effect) => (effect.type === 'report' && !effect.again ? [effect.report] : []))

describe('any life of a device', () => {
  it('is the same again for the same inputs', () => {
    fc.assert(
      fc.property(lives, (given) => {
        const once = live(given)
        const again = live(given)
        expect(again.device.state).toEqual(once.device.state)
        expect(again.effects).toEqual(once.effects)
      }),
    )
  })

  it('numbers reports without a gap, but for where the service knows more, and never twice', () => {
    fc.assert(
      fc.property(lives, (given) => {
        const life = new Life(given)
        for (const next of given.moves) {
          const before = life.device.state.lastSeq
          const from = life.effects.length
          life.take(next)
          const made = newReports(life.effects.slice(from)).map(({ seq }) => seq)
          // A service that is ahead says so: the fleet was set back to an earlier state.
          const known = next.move === 'reply' ? Math.max(before, before - next.acks) : before
          if (made.length > 0) expect([before + 1, known + 1]).toContain(made[0])
          expect(made).toEqual(made.map((_, index) => (made[0] as number) + index))
          expect(life.device.state.lastSeq).toBe(made.at(-1) ?? life.device.state.lastSeq)
          expect(life.device.state.lastSeq).toBeGreaterThanOrEqual(before)
        }
      }),
    )
  })

  it('keeps what is not committed, within bounds, and sends only valid messages', () => {
    fc.assert(
      fc.property(lives, (given) => {
        const life = live(given, ({ device: { state } }) => {
          expect(state.outbox.length).toBeLessThanOrEqual(OUTBOX_MAX)
          const seqs = state.outbox.map(({ seq }) => seq)
          expect(seqs).toEqual(seqs.map((_, index) => state.lastSeq - seqs.length + 1 + index))
          expect(state.answered.length).toBeLessThanOrEqual(16)
        })
        for (const effect of life.effects) {
          if (effect.type === 'report') expect(Report.parse(effect.report)).toEqual(effect.report)
          if (effect.type === 'check-in') expect(CheckIn.parse(effect.checkIn)).toEqual(effect.checkIn)
        }
      }),
    )
  })

  it('stops reporting, and nothing else, when the service commits nothing for long', () => {
    const busy = fc.oneof(
      fc.record({ move: fc.constant('visit'), set: fc.integer({ min: 0, max: sets.length - 1 }) }),
      fc.record({ move: fc.constant('drift'), encrypted: fc.boolean(), heals: fc.constant(false) }),
    ) as fc.Arbitrary<Move>
    fc.assert(
      fc.property(fc.array(busy, { minLength: 120, maxLength: 150 }), (moves) => {
        const given: Given = {
          moves: [{ move: 'wait', ms: 1 }, { move: 'enrol' }, ...moves],
          driftFactor: 0,
          forgetful: true,
        }
        const life = live(given)
        expect(life.device.state.outbox).toHaveLength(OUTBOX_MAX)
        expect(life.device.state.lastSeq).toBe(OUTBOX_MAX)
        expect(life.effects.filter(({ type }) => type === 'check-in').length).toBeGreaterThan(OUTBOX_MAX)
      }),
      { numRuns: 20 },
    )
  })

  it('has one check-in under way at a time', () => {
    fc.assert(
      fc.property(lives, (given) => {
        const life = new Life(given)
        for (const next of given.moves) {
          const { conversation } = life.device.state
          const from = life.effects.length
          life.take(next)
          const sent = life.effects.slice(from).filter(({ type }) => type === 'check-in').length
          const answers = ['reply', 'refuse', 'lose-answer', 'bodies', 'visit'].includes(next.move)
          // Only an answer makes room for the next; waiting may send one, and then no other before its answer.
          expect(sent).toBeLessThanOrEqual(conversation && !answers ? 0 : 1)
        }
      }),
    )
  })

  it('never goes back to an older revision of a policy that stays', () => {
    fc.assert(
      fc.property(lives, (given) => {
        const life = live(given)
        for (const [index, state] of life.states.entries()) {
          for (const policy of life.states[index - 1]?.policies ?? []) {
            const later = state.policies.find(({ reference }) => reference.policyId === policy.reference.policyId)
            if (later) expect(later.reference.revision).toBeGreaterThanOrEqual(policy.reference.revision)
          }
        }
      }),
    )
  })

  it('holds what it was told to, once the bodies are there', () => {
    fc.assert(
      fc.property(lives, (given) => {
        const life = new Life(given)
        for (const next of given.moves) {
          const wanted = life.device.state.conversation?.wanted
          life.take(next)
          if (next.move !== 'bodies' || !wanted) continue
          const held = life.device.state.policies.map(({ body }) => body.policyId).sort()
          expect(held).toEqual(wanted.policies.map(({ policyId }) => policyId).sort())
          expect(life.device.state.policySetDigest).toBe(wanted.digest)
          for (const { body, reference, results } of life.device.state.policies) {
            expect(shaOf(body)).toBe(reference.sha256)
            expect(results.map(({ itemId }) => itemId)).toEqual(body.items.map(({ itemId }) => itemId))
          }
        }
      }),
    )
  })

  it('has something before it for as long as it is managed and nothing is under way', () => {
    fc.assert(
      fc.property(lives, (given) => {
        live(given, ({ device: { state } }) => {
          if (state.phase !== 'enrolled' || state.conversation || !state.online) return
          expect(nextDueMs(state)).toBeDefined()
        })
      }),
    )
  })

  it('ends in silence', () => {
    fc.assert(
      fc.property(lives, leavingMove, fc.array(move, { maxLength: 30 }), (given, leave, later) => {
        const life = live(given)
        const goOn: Move[] = [
          { move: 'enrol' },
          { move: 'presence', online: true },
          { move: 'sync' },
          leave,
          { move: 'reply', acks: 0, set: -1, commands: [] },
          { move: 'wait', ms: 10 * MINUTE_MS },
          { move: 'reply', acks: 0, set: -1, commands: [] },
        ]
        for (const next of goOn) life.take(next)
        if (life.device.state.phase !== 'left') return
        const { state } = life.device
        const effects = life.effects.length
        for (const next of later) life.take(next)
        expect(life.device.state).toBe(state)
        expect(life.effects).toHaveLength(effects)
      }),
    )
  })
})
