import { randomUUID } from 'node:crypto'
import type { DeviceInput, Effect } from '../domain/index.ts'
import type { Counters } from './counters.ts'
import type { DeviceLinks } from './device-links.ts'
import { enrolmentRequest, renewalRequest } from './device-requests.ts'
import type { DeviceSessions } from './device-sessions.ts'
import type { FleetOptions } from './fleet.ts'
import { createPolicyBodyCache } from './policy-bodies.ts'
import { createReportSender } from './report-sender.ts'
import { type Asked, createRequestLanes } from './request-lanes.ts'
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
  tokens(): Readonly<Record<string, string>>
  /** Whether something that a device wanted is still being performed. */
  busy(): boolean
}

export interface InterpreterOptions extends FleetOptions {
  readonly counters: Counters
  readonly feed: (slot: Slot, input: DeviceInput) => void
  readonly deviceById: (deviceId: string) => Slot | undefined
  readonly links: DeviceLinks
  readonly sessions: DeviceSessions
}

export function createInterpreter(options: InterpreterOptions): Interpreter {
  const { bus, tenant, clock, feed, links } = options
  const bodies = createPolicyBodyCache(bus, tenant)
  const tokens = new Map<string, string>()
  const lanes = createRequestLanes(options)
  const { failed, unanswered } = lanes
  const reports = createReportSender(options)
  /** Keys that are being made, and bodies that are being fetched. */
  let preparing = 0
  const prepare = (work: Promise<unknown>): void => {
    preparing++
    void work.finally(() => preparing--)
  }

  const fetchBodies = (slot: Slot, sha256s: readonly string[]): Promise<void> =>
    bodies
      .get(sha256s)
      .then(
        (found) =>
          links.answer(
            slot,
            () => feed(slot, { type: 'bodies', nowMs: clock.nowMs(), bodies: found }),
            unanswered(slot, 'check-in'),
          ),
        failed([{ slot, request: undefined, copy: false }], 'check-in'),
      )
  /** A request goes out over the device's link; it is made when it does, and a copy is the same request. */
  const send = <T>(
    slot: Slot,
    what: Parameters<typeof unanswered>[1],
    make: () => Promise<T | undefined> | T,
    begin: (asked: Asked<T>) => void,
  ): void => {
    let made: Promise<T | undefined> | T | undefined
    const pass = (copy: boolean): void => {
      made ??= make()
      if (made instanceof Promise)
        prepare(
          made.then(
            (request) => request !== undefined && begin({ slot, request, copy }),
            failed([{ slot, request: undefined, copy }], what),
          ),
        )
      else begin({ slot, request: made, copy })
    }
    links.request(slot, pass, unanswered(slot, what))
  }

  return {
    perform: (slot, effect) => {
      switch (effect.type) {
        case 'enrol':
          send(slot, 'enrol', () => enrolmentRequest(slot, effect, options, tokens), lanes.enrolments.add)
          return
        case 'renew':
          send(slot, 'renew', () => renewalRequest(slot, effect, options), lanes.renewals.add)
          return
        case 'check-in':
          send(slot, 'check-in', () => effect.checkIn, lanes.checkIns.add)
          return
        case 'register':
          send(slot, 'register', () => effect.registrations, lanes.registrations.add)
          return
        case 'report':
          links.report(slot, effect.report, () => reports.send(slot, effect.report, effect.again))
          return
        case 'fetch-bodies':
          send(
            slot,
            'check-in',
            () => effect.sha256s,
            ({ request, copy }) => {
              if (!copy) prepare(fetchBodies(slot, request))
            },
          )
          return
        case 'forget-key':
          slot.key = undefined
          slot.nextKey = undefined
          slot.sessionKey = undefined
      }
    },
    giveTokens: (secrets) => {
      for (const [name, secret] of Object.entries(secrets)) tokens.set(name, secret)
    },
    hold: () => {
      for (const lane of lanes.all) lane.hold()
      reports.hold()
    },
    release: () => {
      for (const lane of lanes.all) lane.release()
      reports.release()
    },
    idle: async () => {
      await Promise.all(lanes.all.map((lane) => lane.idle()))
      await reports.idle()
    },
    tokens: () => Object.fromEntries(tokens),
    busy: () =>
      preparing > 0 ||
      links.underWay > 0 ||
      reports.busy ||
      lanes.all.some(({ waiting, underWay }) => waiting + underWay > 0),
  }
}

/** Names a start of the process: message ids of two starts never meet. */
export const newBoot = (): string => randomUUID().slice(0, 8)
