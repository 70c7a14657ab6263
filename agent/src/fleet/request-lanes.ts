import {
  AppRegistrationBatchReply,
  type AppRegistrationRequest,
  type CheckIn,
  CheckInBatchReply,
  checkInText,
  EnrolmentBatchReply,
  type EnrolmentRequest,
  RenewalBatchReply,
  type RenewalRequest,
  type SignedCheckIn,
  subjects,
} from '@muster/shared/contracts'
import type { DeviceInput } from '../domain/index.ts'
import { type Batcher, createBatcher } from './batcher.ts'
import type { InterpreterOptions } from './interpreter.ts'
import { ask } from './requests.ts'
import type { Slot } from './slots.ts'

/** How long requests of several devices are collected, wall milliseconds. */
const LINGER_MS = 5

/** What a device asks of the service. */
export interface Asked<T> {
  readonly slot: Slot
  readonly request: T
  /** A second one of the same on the way, whose answer nobody waits for. */
  readonly copy: boolean
}

/** One lane for each kind of request: devices' questions go out together, and each device is fed its own answer. */
export interface RequestLanes {
  readonly enrolments: Batcher<Asked<EnrolmentRequest>>
  readonly checkIns: Batcher<Asked<CheckIn>>
  readonly renewals: Batcher<Asked<RenewalRequest>>
  readonly registrations: Batcher<Asked<readonly AppRegistrationRequest[]>>
  readonly all: readonly Pick<Batcher<unknown>, 'hold' | 'release' | 'idle' | 'waiting' | 'underWay'>[]
  /** What to do with the error of these requests: the devices learn that there is no answer. */
  failed(asked: readonly Asked<unknown>[], what: Failure): (error: unknown) => void
  /** What to do when a device has waited for an answer in vain. */
  unanswered(slot: Slot, what: Failure): () => void
}

type Failure = Extract<DeviceInput, { type: 'failed' }>['what']

export function createRequestLanes(options: InterpreterOptions): RequestLanes {
  const { bus, tenant, agentId, clock, wall, counters, feed, links, log, lingerMs = LINGER_MS } = options
  const head = { v: 1, agentId } as const
  const failed =
    (asked: readonly Asked<unknown>[], what: Failure) =>
    (error: unknown): void => {
      counters.requestErrors++
      log.debug({ err: error, what, devices: asked.length }, 'a request failed')
      for (const { slot, copy } of asked) if (!copy) feed(slot, { type: 'failed', nowMs: clock.nowMs(), what })
    }
  const unanswered =
    (slot: Slot, what: Failure): (() => void) =>
    () => {
      counters.requestErrors++
      feed(slot, { type: 'failed', nowMs: clock.nowMs(), what })
    }
  /** Each answer goes back over the link of the device that asked. */
  const answerEach = <T, A>(
    asked: readonly Asked<T>[],
    answers: readonly A[],
    what: Failure,
    deliver: (slot: Slot, answer: A) => void,
  ): void => {
    for (const [index, { slot, copy }] of asked.entries()) {
      const answer = answers[index]
      if (answer !== undefined && !copy) links.answer(slot, () => deliver(slot, answer), unanswered(slot, what))
    }
  }

  const enrolments: Batcher<Asked<EnrolmentRequest>> = createBatcher({
    itemsMax: 50,
    parallelMax: 4,
    lingerMs,
    wall,
    send: async (asked) =>
      ask(
        bus,
        subjects.enrolment(tenant, agentId),
        { ...head, requests: asked.map(({ request }) => request) },
        EnrolmentBatchReply,
      ).then(
        ({ replies }) => answerEach(asked, replies, 'enrol', (slot, answer) => onEnrolment(options, slot, answer)),
        failed(asked, 'enrol'),
      ),
  })
  const checkIns: Batcher<Asked<CheckIn>> = createBatcher({
    itemsMax: 100,
    parallelMax: 4,
    lingerMs,
    wall,
    send: async (asked) =>
      ask(
        bus,
        subjects.checkIn(tenant, agentId),
        { ...head, session: options.sessions.current, checkIns: asked.map((each) => signed(options, each)) },
        CheckInBatchReply,
      ).then(
        ({ replies }) =>
          answerEach(asked, replies, 'check-in', (slot, answer) => {
            counters.checkIns++
            if (answer.outcome === 'refused') counters.refused++
            feed(slot, { type: 'check-in-answer', nowMs: clock.nowMs(), answer })
          }),
        failed(asked, 'check-in'),
      ),
  })
  const renewals: Batcher<Asked<RenewalRequest>> = createBatcher({
    itemsMax: 50,
    parallelMax: 2,
    lingerMs,
    wall,
    send: async (asked) =>
      ask(
        bus,
        subjects.renewal(tenant, agentId),
        { ...head, requests: asked.map(({ request }) => request) },
        RenewalBatchReply,
      ).then(
        ({ replies }) => answerEach(asked, replies, 'renew', (slot, answer) => onRenewal(options, slot, answer)),
        failed(asked, 'renew'),
      ),
  })
  const registrations: Batcher<Asked<readonly AppRegistrationRequest[]>> = createBatcher({
    itemsMax: 40,
    parallelMax: 2,
    lingerMs,
    wall,
    send: async (asked) =>
      ask(
        bus,
        subjects.appRegistration(tenant, agentId),
        { ...head, registrations: asked.flatMap(({ request }) => request) },
        AppRegistrationBatchReply,
      ).then(
        ({ replies }) => {
          const replyOf = new Map(replies.map((reply) => [reply.registrationId, reply]))
          const own = asked.map(({ request }) => request.flatMap((each) => replyOf.get(each.registrationId) ?? []))
          answerEach(asked, own, 'register', (slot, found) =>
            feed(slot, { type: 'registration-answer', nowMs: clock.nowMs(), replies: found }),
          )
        },
        failed(asked, 'register'),
      ),
  })
  return {
    enrolments,
    checkIns,
    renewals,
    registrations,
    all: [enrolments, checkIns, renewals, registrations],
    failed,
    unanswered,
  }
}

/** Signed when it goes out, with the certificate of that moment. Who has no key any more says nothing that counts. */
function signed({ sessions, agentId }: InterpreterOptions, { slot, request }: Asked<CheckIn>): SignedCheckIn {
  const certificateSerial = slot.state.certificate?.serialNumber ?? request.certificateSerial
  const text = checkInText({ agentId, session: sessions.current ?? '', certificateSerial }, request)
  return { ...request, certificateSerial, mac: sessions.sign(slot, certificateSerial, text) ?? NO_MAC }
}

const NO_MAC = '-'.repeat(22)

type EnrolmentAnswer = Extract<DeviceInput, { type: 'enrolment-answer' }>['answer']

function onEnrolment({ clock, feed, counters }: InterpreterOptions, slot: Slot, answer: EnrolmentAnswer): void {
  if (answer.outcome === 'refused') counters.refused++
  takeKey(slot, answer.outcome === 'enrolled')
  feed(slot, { type: 'enrolment-answer', nowMs: clock.nowMs(), answer })
}

type RenewalAnswer = Extract<DeviceInput, { type: 'renewal-answer' }>['answer']

function onRenewal({ clock, feed, counters }: InterpreterOptions, slot: Slot, answer: RenewalAnswer): void {
  if (answer.outcome === 'renewed') counters.renewals++
  takeKey(slot, answer.outcome === 'renewed')
  feed(slot, { type: 'renewal-answer', nowMs: clock.nowMs(), answer })
}

/** The certificate is for the new key: from now on that one is used. */
function takeKey(slot: Slot, granted: boolean): void {
  if (granted && slot.nextKey) {
    slot.key = slot.nextKey
    slot.sessionKey = undefined
  }
  slot.nextKey = undefined
}
