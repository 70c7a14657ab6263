import { randomUUID } from 'node:crypto'
import {
  AppRegistrationBatchReply,
  type AppRegistrationRequest,
  type CheckIn,
  CheckInBatchReply,
  EnrolmentBatchReply,
  type EnrolmentRequest,
  RenewalBatchReply,
  type RenewalRequest,
  subjects,
} from '@muster/shared/contracts'
import { createCsr, signWithDeviceKey } from '@muster/shared/pki'
import type { DeviceInput, Effect } from '../domain/index.ts'
import { type Batcher, createBatcher } from './batcher.ts'
import type { Counters } from './counters.ts'
import type { FleetOptions } from './fleet.ts'
import { createPolicyBodyCache } from './policy-bodies.ts'
import { createReportSender } from './report-sender.ts'
import { ask } from './requests.ts'
import type { Slot } from './slots.ts'

/** Performs what devices want, and feeds them what came of it. */
export interface Interpreter {
  perform(slot: Slot, effect: Effect): void
  /** Secrets of enrolment tokens, by `platform/mode`. */
  giveTokens(tokens: Readonly<Record<string, string>>): void
  /** Send nothing while the connection is down; keep what comes in. */
  hold(): void
  release(): void
  idle(): Promise<void>
}

export interface InterpreterOptions extends FleetOptions {
  readonly counters: Counters
  readonly feed: (slot: Slot, input: DeviceInput) => void
  readonly deviceById: (deviceId: string) => Slot | undefined
}

/** How long requests of several devices are collected, wall milliseconds. */
const LINGER_MS = 5

interface Asked<T> {
  readonly slot: Slot
  readonly request: T
}

export function createInterpreter(options: InterpreterOptions): Interpreter {
  const { bus, tenant, agentId, clock, wall, counters, feed, log } = options
  const bodies = createPolicyBodyCache(bus, tenant)
  const tokens = new Map<string, string>()
  const head = { v: 1, agentId } as const
  const lingerMs = options.lingerMs ?? LINGER_MS

  const failed =
    (asked: readonly Asked<unknown>[], what: Extract<DeviceInput, { type: 'failed' }>['what']) => (error: unknown) => {
      counters.requestErrors++
      log.debug({ err: error, what, devices: asked.length }, 'a request failed')
      for (const { slot } of asked) feed(slot, { type: 'failed', nowMs: clock.nowMs(), what })
    }

  const enrolments: Batcher<Asked<EnrolmentRequest>> = createBatcher({
    itemsMax: 50,
    parallelMax: 4,
    lingerMs,
    wall,
    send: async (asked) =>
      ask(
        bus,
        subjects.enrolment(tenant),
        { ...head, requests: asked.map(({ request }) => request) },
        EnrolmentBatchReply,
      ).then(
        ({ replies }) => answerEach(asked, replies, (slot, answer) => onEnrolment(options, slot, answer)),
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
        { ...head, checkIns: asked.map(({ request }) => request) },
        CheckInBatchReply,
      ).then(
        ({ replies }) =>
          answerEach(asked, replies, (slot, answer) => {
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
        ({ replies }) => answerEach(asked, replies, (slot, answer) => onRenewal(options, slot, answer)),
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
      ).then(({ replies }) => onRegistrations(options, asked, replies), failed(asked, 'register')),
  })
  const reports = createReportSender(options)

  const startEnrolment = async (
    slot: Slot,
    { requestId, correlationId }: Extract<Effect, { type: 'enrol' }>,
  ): Promise<void> => {
    const { state } = slot
    // The same request sent again is about the same key.
    slot.nextKey ??= await options.generateKey()
    const csr = createCsr({ key: slot.nextKey, subject: [{ type: 'CN', value: state.key }] })
    const token = tokens.get(`${state.platform}/${state.mode}`)
    const request: EnrolmentRequest = {
      requestId,
      correlationId,
      token: token ?? 'no-token-was-given',
      platform: state.platform,
      mode: state.mode,
      csr: Buffer.from(csr).toString('base64'),
      inventory: state.inventory,
      ...(state.userPrincipalName === undefined ? {} : { userPrincipalName: state.userPrincipalName }),
      ...(state.attributes ? { attributes: { ...state.attributes } } : {}),
    }
    enrolments.add({ slot, request })
  }

  const startRenewal = async (
    slot: Slot,
    { requestId, correlationId }: Extract<Effect, { type: 'renew' }>,
  ): Promise<void> => {
    const { deviceId, certificate, key } =
      slot.state.deviceId === undefined ? { ...slot.state, key: undefined } : { ...slot.state, key: slot.key }
    if (deviceId === undefined || !certificate || !key) return
    slot.nextKey ??= await options.generateKey()
    const csr = createCsr({ key: slot.nextKey, subject: [{ type: 'CN', value: deviceId }] })
    const request: RenewalRequest = {
      requestId,
      correlationId,
      deviceId,
      certificateSerial: certificate.serialNumber,
      csr: Buffer.from(csr).toString('base64'),
      proof: Buffer.from(signWithDeviceKey(key, csr)).toString('base64'),
    }
    renewals.add({ slot, request })
  }

  const fetchBodies = (slot: Slot, sha256s: readonly string[]): void => {
    bodies
      .get(sha256s)
      .then(
        (found) => feed(slot, { type: 'bodies', nowMs: clock.nowMs(), bodies: found }),
        failed([{ slot, request: undefined }], 'check-in'),
      )
  }

  return {
    perform: (slot, effect) => {
      switch (effect.type) {
        case 'enrol':
          startEnrolment(slot, effect).catch(failed([{ slot, request: effect }], 'enrol'))
          return
        case 'renew':
          startRenewal(slot, effect).catch(failed([{ slot, request: effect }], 'renew'))
          return
        case 'check-in':
          checkIns.add({ slot, request: effect.checkIn })
          return
        case 'register':
          registrations.add({ slot, request: effect.registrations })
          return
        case 'report':
          reports.send(effect.report, effect.again)
          return
        case 'fetch-bodies':
          fetchBodies(slot, effect.sha256s)
          return
        case 'forget-key':
          delete slot.key
          delete slot.nextKey
      }
    },
    giveTokens: (secrets) => {
      for (const [name, secret] of Object.entries(secrets)) tokens.set(name, secret)
    },
    hold: () => {
      for (const batcher of [enrolments, checkIns, renewals, registrations]) batcher.hold()
      reports.hold()
    },
    release: () => {
      for (const batcher of [enrolments, checkIns, renewals, registrations]) batcher.release()
      reports.release()
    },
    idle: async () => {
      await Promise.all([enrolments, checkIns, renewals, registrations].map((batcher) => batcher.idle()))
      await reports.idle()
    },
  }
}

function answerEach<T, A>(
  asked: readonly Asked<T>[],
  answers: readonly A[],
  deliver: (slot: Slot, answer: A) => void,
): void {
  for (const [index, { slot }] of asked.entries()) {
    const answer = answers[index]
    if (answer !== undefined) deliver(slot, answer)
  }
}

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
  if (granted && slot.nextKey) slot.key = slot.nextKey
  delete slot.nextKey
}

function onRegistrations(
  { clock, feed }: InterpreterOptions,
  asked: readonly Asked<readonly AppRegistrationRequest[]>[],
  replies: AppRegistrationBatchReply['replies'],
): void {
  const replyOf = new Map(replies.map((reply) => [reply.registrationId, reply]))
  for (const { slot, request } of asked) {
    const own = request.flatMap(({ registrationId }) => replyOf.get(registrationId) ?? [])
    feed(slot, { type: 'registration-answer', nowMs: clock.nowMs(), replies: own })
  }
}

/** Names a start of the process: message ids of two starts never meet. */
export const newBoot = (): string => randomUUID().slice(0, 8)
