import {
  AgentJoin,
  AgentRenewal,
  AppRegistrationBatch,
  CheckInBatch,
  EnrolmentBatch,
  RenewalBatch,
  servicePatterns,
  subjects,
} from '@muster/shared/contracts'
import { type Bus, type Clock, HOUR_MS, type Subscription, type Timer } from '@muster/shared/core'
import { type CertificateAuthority, type DeviceKey, readCertificate, verifyWithSpki } from '@muster/shared/pki'
import type { Logger } from '@muster/shared/runtime'
import { certificateIssuer } from './adapters/certificate-issuer.ts'
import { createDeviceSessions } from './adapters/device-sessions.ts'
import { openDeadLetterBox } from './adapters/nats/dead-letter-box.ts'
import { fitReplies } from './adapters/nats/fit-replies.ts'
import { natsPolicyBodies } from './adapters/nats/policy-bodies.ts'
import { openReportDoor } from './adapters/nats/report-door.ts'
import { type Door, openRequestDoor } from './adapters/nats/request-door.ts'
import { openWorkers, type Workers } from './adapters/nats/workers.ts'
import { type AdmissionDeps, joinAgent, renewAgent, shutOutAll } from './app/agents/admit-agents.ts'
import type { BrokerGate } from './app/agents/broker-gate.ts'
import { checkIn } from './app/check-in.ts'
import type { DeviceSessions } from './app/device-sessions.ts'
import { enrolDevices } from './app/enrol-devices.ts'
import { ingestReports } from './app/ingest-reports.ts'
import { createPlanning, type Planning } from './app/planning.ts'
import { pokesFor, type Waking } from './app/poke-plan.ts'
import type { CertificateIssuer, Ids, Signal, Signals, Store } from './app/ports.ts'
import type { Receivers } from './app/receivers.ts'
import { registerApps } from './app/register-apps.ts'
import { createRelay, type Relay } from './app/relay-outbox.ts'
import { renewCertificates } from './app/renew-certificates.ts'
import { sweepCertificates } from './app/sweep-certificates.ts'
import { sweepCompliance } from './app/sweep-compliance.ts'
import { createTelling } from './app/tell-changes.ts'
import { type Background, createBackground } from './background.ts'
import { type Counted, createMeters, type Meters, record } from './meters.ts'

export interface ControlDeps {
  readonly store: Store
  /** One connection each, so that none waits behind another: requests of devices, reports, and what goes out. */
  readonly buses: { readonly requests: Bus; readonly reports: Bus; readonly outgoing: Bus }
  readonly authority: CertificateAuthority
  /** The service's key for the sessions of devices: whoever has it can speak as each of them. */
  readonly sessionKey: DeviceKey
  readonly clock: Clock
  /** The machine's own time, for pauses and time-outs; in a virtual world the same as `clock`. */
  readonly wall: Clock
  /** For durations: milliseconds with fractions. @default performance.now */
  readonly stopwatch?: () => number
  /** Simulated seconds in a wall second. */
  readonly speed: number
  readonly ids: Ids
  readonly tenant: string
  readonly log: Logger
  /** How clients are told of changes; absent where nothing leaves the process. */
  readonly notifying?: { readonly receivers: Receivers; readonly tenantId: string }
  /** Who may come to the broker is decided here; absent where the broker knows its users itself. */
  readonly admitting?: { readonly gate: BrokerGate; readonly tokenMs?: number }
  /** What an earlier one has counted, to go on from. */
  readonly counted?: Counted
  /** A bug planted on purpose, to see that the search for bugs finds it. */
  readonly plantedBug?: PlantedBug
  /** How often the service looks for what time alone has changed, milliseconds of `wall`. @default 500 */
  readonly sweepEveryMs?: number
  /** Check-ins a second, wall time, to which devices are woken. @default 2500 */
  readonly checkInsPerSecond?: number
}

/**
 * `ack-before-commit`: reports are acknowledged as soon as a device says that it has sent them. `lost-batches`: and every
 * fifth batch of them is never committed. `short-certificates`: certificates run out after an hour.
 */
export type PlantedBug = 'ack-before-commit' | 'lost-batches' | 'short-certificates'

/** The control service without its HTTP door. */
export interface Control {
  readonly deps: ControlDeps
  readonly planning: Planning
  readonly relay: Relay
  readonly workers: Workers
  /** How agents are let in and shut out, where that is decided here. */
  readonly admission: AdmissionDeps | undefined
  readonly meters: Meters
  /** For durations: milliseconds with fractions. */
  readonly stopwatch: () => number
  /** Tells this life of the service from others. */
  readonly startedAtMs: number
  readonly signals: Signals
  readonly sessions: DeviceSessions
  readonly background: Background
  readonly poke: { readonly tenant: string; readonly checkInsPerSecond: number; readonly speed: number }
  /** Be told of what happens. */
  onSignal(listener: (signal: Signal) => void): () => void
  /** Give a message to its door as if it had just come: `taken`, or a code. `undefined`: there is no such door. */
  redeliver(subject: string, payload: Uint8Array): Promise<string | undefined>
  /** Finish what is under way and stop serving. Leaves store and buses open. */
  stop(): Promise<void>
}

const SWEEP_EVERY_MS = 500
const TELL_EVERY_MS = 250

/** Put the service together and open its doors on the bus. */
export async function createControl(deps: ControlDeps): Promise<Control> {
  const { store, buses, clock, wall, ids, tenant, log } = deps
  const planning = createPlanning()
  const meters = createMeters(deps.counted)
  const listeners = new Set<(signal: Signal) => void>()
  const signals: Signals = {
    emit: (signal) => {
      for (const listener of listeners) listener(signal)
    },
  }
  const relay = createRelay({ store, bus: buses.outgoing }, (error) =>
    log.error({ err: error }, 'the outbox could not be sent'),
  )
  const poke = { tenant, checkInsPerSecond: deps.checkInsPerSecond ?? 2_500, speed: deps.speed }
  const onDeadLetter = (): void => {
    meters.reports.deadLetters++
  }
  const waking: Waking = { poke, relay: () => relay.wake() }
  const sessions = createDeviceSessions(deps.sessionKey, tenant)
  const countRefusal = (code: string): void => {
    meters.refusals[code] = (meters.refusals[code] ?? 0) + 1
  }
  const expected = await store.devices.agents()
  const ingest: Ingest = (reports) =>
    ingestReports({ store, planning, clock, ids, signals, sessions, ...waking }, reports)
  const workers = openWorkers({
    bus: buses.requests,
    letters: buses.outgoing,
    wall,
    tenant,
    log,
    onDeadLetter,
    expected,
    offer: () => sessions.offer(clock.nowMs()),
  })
  const admission = admissionOf(deps, workers)
  if (admission) await shutOutAll(admission)
  const doors: readonly Door[] = [
    ...(admission ? openAgentDoors(deps, admission, onDeadLetter) : []),
    ...openDeviceDoors(deps, { planning, meters, signals, sessions, countRefusal, onDeadLetter }),
    await openReportDoor({
      bus: buses.reports,
      log,
      onDeadLetter,
      ingest: deps.plantedBug === 'lost-batches' ? loseEveryFifth(ingest) : ingest,
      resync: async (gaps) => {
        await store.outbox.append(pokesFor(gaps, { ...poke, reason: 'sync', correlationId: `gap-${clock.nowMs()}` }))
        relay.wake()
      },
      onIngested: ({ duplicates, gaps, refused, ageMs }) => {
        for (const { code } of refused) countRefusal(code)
        meters.reports.duplicates += duplicates
        meters.reports.gaps += gaps.length
        for (const age of ageMs) record(meters.reportAck, age / deps.speed)
      },
    }),
  ]
  const listening = [
    await openDeadLetterBox({ bus: buses.reports, store, clock, log }),
    buses.outgoing.onStatus((status) => {
      if (status === 'connected') relay.wake()
    }),
  ]
  const sweeping = startSweeping(deps, signals, waking)
  const telling = startTelling(deps)
  const background = createBackground(log)
  relay.wake()
  return {
    deps,
    planning,
    relay,
    workers,
    admission,
    meters,
    stopwatch: deps.stopwatch ?? (() => performance.now()),
    startedAtMs: wall.nowMs(),
    signals,
    sessions,
    background,
    poke,
    onSignal: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    redeliver: async (subject, payload) => {
      for (const door of doors) {
        const outcome = await door.redeliver({ subject, payload })
        if (outcome !== undefined) return outcome
      }
      return undefined
    },
    stop: async () => {
      await sweeping.stop()
      await telling?.stop()
      await background.idle()
      await Promise.all([...doors, ...listening].map((each) => each.stop()))
      await workers.stop()
      await relay.stop()
      log.debug('the control service has stopped serving')
    },
  }
}

function admissionOf({ store, wall, tenant, admitting }: ControlDeps, workers: Workers): AdmissionDeps | undefined {
  if (!admitting) return undefined
  const isAlive = (agentId: string): boolean =>
    workers.list().some(({ hello, alive }) => alive && hello.agentId === agentId)
  return { store, wall, tenant, isAlive, ...admitting }
}

/** What agents ask for themselves: to join, and to stay. */
function openAgentDoors(
  { buses, tenant, log }: ControlDeps,
  admission: AdmissionDeps,
  onDeadLetter: () => void,
): readonly Door[] {
  const common = { bus: buses.requests, letters: buses.outgoing, queue: 'pki', log, onDeadLetter }
  return [
    openRequestDoor({
      ...common,
      pattern: subjects.agentJoin(tenant),
      schema: AgentJoin,
      handle: (join) => joinAgent(admission, join),
    }),
    openRequestDoor({
      ...common,
      pattern: servicePatterns.agentRenewal(tenant),
      agentToken: 3,
      schema: AgentRenewal,
      handle: (renewal) => renewAgent(admission, renewal),
    }),
  ]
}

/** What devices ask for: to enrol, to check in, to renew, to register apps. */
function openDeviceDoors(
  { store, buses, authority, clock, stopwatch = () => performance.now(), ids, tenant, log, plantedBug }: ControlDeps,
  {
    planning,
    meters,
    signals,
    sessions,
    countRefusal,
    onDeadLetter,
  }: {
    planning: Planning
    meters: Meters
    signals: Signals
    sessions: DeviceSessions
    countRefusal: (code: string) => void
    onDeadLetter: () => void
  },
): readonly Door[] {
  const right = certificateIssuer(authority, tenant)
  const issuer = plantedBug === 'short-certificates' ? { ...right, issue: issueForAnHour(right) } : right
  const common = { bus: buses.requests, letters: buses.outgoing, log, onDeadLetter }
  const bodies = natsPolicyBodies(buses.outgoing, tenant)
  const countEnrolment = (refusedWith: string | undefined): void => {
    if (refusedWith === undefined) meters.enrolments.enrolled++
    else meters.enrolments.refused[refusedWith] = (meters.enrolments.refused[refusedWith] ?? 0) + 1
  }
  const countCheckIns = (what: keyof Meters['checkIns'], times: number): void => {
    meters.checkIns[what] += times
  }
  return [
    openRequestDoor({
      ...common,
      pattern: servicePatterns.enrolment(tenant),
      queue: 'pki',
      agentToken: 3,
      schema: EnrolmentBatch,
      handle: (batch) => enrolDevices({ store, planning, issuer, clock, ids, signals, count: countEnrolment }, batch),
    }),
    openRequestDoor({
      ...common,
      pattern: servicePatterns.checkIn(tenant),
      queue: 'svc',
      agentToken: 3,
      schema: CheckInBatch,
      handle: async (batch) => {
        const startedMs = stopwatch()
        const acknowledgeClaims = plantedBug === 'ack-before-commit' || plantedBug === 'lost-batches'
        const reply = await checkIn(
          { store, planning, bodies, sessions, clock, signals, count: countCheckIns, countRefusal, acknowledgeClaims },
          batch,
        )
        const tookMs = stopwatch() - startedMs
        record(meters.checkIn, tookMs)
        meters.recent.checkIns.add({ atMs: clock.nowMs(), tookMs, failed: false })
        return fitReplies(reply)
      },
    }),
    openRequestDoor({
      ...common,
      pattern: servicePatterns.renewal(tenant),
      queue: 'pki',
      agentToken: 3,
      schema: RenewalBatch,
      handle: (batch) =>
        renewCertificates({ store, issuer, verify: verifyWithCertificate, clock, signals, countRefusal }, batch),
    }),
    openRequestDoor({
      ...common,
      pattern: servicePatterns.appRegistration(tenant),
      queue: 'svc',
      agentToken: 3,
      schema: AppRegistrationBatch,
      handle: (batch) => registerApps({ store, clock }, batch),
    }),
  ]
}

type Ingest = (reports: Parameters<typeof ingestReports>[1]) => ReturnType<typeof ingestReports>

/** The planted bug: a batch is done with, and nobody has committed it. */
function loseEveryFifth(ingest: Ingest): Ingest {
  let batches = 0
  return async (reports) =>
    ++batches % 5 === 0 ? { committed: 0, duplicates: 0, gaps: [], refused: [], ageMs: [] } : ingest(reports)
}

/** The planted bug: certificates run out between two check-ins, whatever is asked for. */
const issueForAnHour =
  ({ issue }: CertificateIssuer): CertificateIssuer['issue'] =>
  (request) =>
    issue({ ...request, validityMs: HOUR_MS })

function verifyWithCertificate(certificateDer: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const certificate = readCertificate(certificateDer)
  return certificate.ok && verifyWithSpki(certificate.value.publicKeySpki, data, signature)
}

/** Tell the receivers of subscriptions what has changed, over and over; none keeps others waiting. */
function startTelling({ store, wall, log, notifying }: ControlDeps): Subscription | undefined {
  if (!notifying) return undefined
  const telling = createTelling({ store, wall, ...notifying })
  let timer: Timer | undefined
  const tell = (): void => {
    telling.tell().catch((error: unknown) => log.error({ err: error }, 'telling of changes failed; it is done again'))
    timer = wall.at(wall.nowMs() + TELL_EVERY_MS, tell)
  }
  tell()
  return {
    stop: async () => {
      timer?.cancel()
      await telling.stop()
    },
  }
}

/** Look at what time alone changes, over and over, one sweep at a time. */
function startSweeping(deps: ControlDeps, signals: Signals, waking: Waking): Subscription {
  const { store, clock, wall, ids, log, sweepEveryMs = SWEEP_EVERY_MS } = deps
  let stopped = false
  let wake = (): void => undefined
  let timer: Timer | undefined
  const sweep = async (): Promise<void> => {
    while (!stopped) {
      try {
        while (!stopped && (await sweepCompliance({ store, clock, ids, signals, ...waking })) > 0);
        await sweepCertificates({ store, clock })
      } catch (error) {
        log.error({ err: error }, 'a sweep failed; it is done again')
      }
      await new Promise<void>((resolve) => {
        wake = resolve
        timer = wall.at(wall.nowMs() + sweepEveryMs, resolve)
      })
    }
  }
  const sweeping = sweep()
  return {
    stop: async () => {
      stopped = true
      timer?.cancel()
      wake()
      await sweeping
    },
  }
}
