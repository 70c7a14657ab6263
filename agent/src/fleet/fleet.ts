import {
  broadcastPattern,
  decode,
  encode,
  FleetOrder,
  type FleetOrderReply,
  type PlatformName,
  Poke,
  subjects,
} from '@muster/shared/contracts'
import {
  type Bus,
  type BusMessage,
  type Clock,
  CodedError,
  type Subscription,
  settledWithin,
} from '@muster/shared/core'
import type { DeviceKey } from '@muster/shared/pki'
import type { Logger } from '@muster/shared/runtime'
import type { RestingFleet } from '../adapters/resting-fleet.ts'
import {
  type DeviceInput,
  type DeviceState,
  type Effect,
  nextDueMs,
  type Platform,
  shaped,
  step,
} from '../domain/index.ts'
import { newCensus } from './census.ts'
import { type Counters, newCounters } from './counters.ts'
import { createDeviceLinks } from './device-links.ts'
import { createDeviceSessions } from './device-sessions.ts'
import { type Greeter, startGreeting } from './greeter.ts'
import { createInterpreter, type Interpreter } from './interpreter.ts'
import { carryOut } from './orders.ts'
import { createPostponed, type PostponedInputs } from './postponed.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { type Slot, slotOf } from './slots.ts'

export interface FleetOptions {
  readonly agentId: string
  readonly tenant: string
  /** New at each start of the process. */
  readonly boot: string
  readonly bus: Bus
  readonly clock: Clock
  /** Simulated seconds in a wall second, for what is told in wall time. @default 1 */
  readonly clockSpeed?: number
  /** The machine's own time, for pauses and time-outs; in a virtual world the same as `clock`. */
  readonly wall: Clock
  /** Where devices get their keys from. */
  readonly generateKey: () => Promise<DeviceKey>
  /** How long requests of several devices are collected into one message, milliseconds of `wall`. @default 5, reports 10 */
  readonly lingerMs?: number
  /** How often it says hello to the service, milliseconds of `wall`. @default 2000 */
  readonly greetEveryMs?: number
  /** Told of each step that a device has made. */
  readonly onStep?: (slot: Slot, input: DeviceInput, effects: readonly Effect[], before: DeviceState) => void
  /** Told of a device whose identity has changed, or that has something to report, before anybody else hears of it. */
  readonly keep?: (slot: Slot) => void
  /** Told of the secrets of enrolment tokens, by `platform/mode`; devices may need them again much later. */
  readonly keepTokens?: (tokens: Readonly<Record<string, string>>) => void
  readonly platformOf: (name: PlatformName) => Platform
  /** Devices that it takes at the most. */
  readonly capacity: number
  readonly labels?: Readonly<Record<string, string>>
  /** Only devices of these shall be put on it. */
  readonly platforms?: readonly PlatformName[]
  readonly log: Logger
}

/** Many devices in one process over one connection. */
export interface Fleet {
  /** Devices by their key. */
  readonly slots: ReadonlyMap<string, Slot>
  readonly counters: Readonly<Counters>
  /** Add devices as they are, with their keys: new ones, or those of an earlier process. */
  adopt(devices: Iterable<Pick<Slot, 'state'> & Partial<Slot>>): void
  /** Secrets of enrolment tokens, by `platform/mode`. */
  giveTokens(tokens: Readonly<Record<string, string>>): void
  /** Let something happen to a device. */
  feed(slot: Slot, input: DeviceInput): void
  /** It has started, and the service has answered its hello of late. */
  isHeard(): boolean
  /** Listen to the service and say hello until stopped. */
  start(): Promise<void>
  /** Devices keep no more appointments; what is under way goes on, and when it has ended `atRest` says so. */
  rest(): void
  /** All that there is to put down; nothing while something is under way. */
  atRest(): RestingFleet | undefined
  /** Take up a fleet that was at rest, before the start: it has missed nothing. */
  takeUp(fleet: RestingFleet): void
  /** Devices make no more appointments; what is under way is finished, at most for a few seconds. */
  stop(): Promise<void>
}

/** Devices that check in within a second of the wall after a connection was lost. */
const CATCH_UP_PER_SECOND = 500
/** How long a stop waits for answers that are under way, wall milliseconds. */
const STOP_MAX_MS = 3_000

export function createFleet(options: FleetOptions): Fleet {
  const { bus, clock, platformOf, log } = options
  const slots = new Map<string, Slot>()
  const byId = new Map<string, Slot>()
  const [counters, census] = [newCounters(), newCensus()]
  let [subscriptions, stopped]: [readonly Subscription[], boolean] = [[], false]
  let greeter: Greeter | undefined

  const feed = (slot: Slot, input: DeviceInput): void => {
    const before: DeviceState = slot.state
    const { state, effects } = step(before, input, platformOf(before.platform))
    slot.state = state
    if (before !== state) census.changed(before, state)
    if (state.deviceId !== undefined && before.deviceId !== state.deviceId) byId.set(state.deviceId, slot)
    options.onStep?.(slot, input, effects, before)
    if (options.keep && isToKeep(before, input, slot.state, effects)) options.keep(slot)
    for (const effect of effects) interpreter.perform(slot, effect)
    scheduler.plan(slot, nextDueMs(state))
  }
  const scheduler: Scheduler<Slot> = createScheduler(clock, (slot) => feed(slot, { type: 'due', nowMs: clock.nowMs() }))
  // What is on its way arrives also while devices keep no appointments.
  const traffic: Scheduler<Slot> = createScheduler(clock, () => undefined)
  const links = createDeviceLinks(clock, traffic.later)
  const deviceById = (id: string): Slot | undefined => byId.get(id)
  const sessions = createDeviceSessions(options.tenant)
  const interpreter: Interpreter = createInterpreter({ ...options, counters, feed, deviceById, links, sessions })
  const postponed = createPostponed({ clock, later: scheduler.later, slots, feed })

  const adopt: Fleet['adopt'] = (devices) => {
    for (const device of devices) {
      if (slots.has(device.state.key)) continue
      if (slots.size >= options.capacity) {
        throw new CodedError('simulation/no-room', `this worker takes ${options.capacity} devices and has as many`)
      }
      const slot = slotOf({ ...device, state: shaped(device.state) })
      slots.set(slot.state.key, slot)
      census.joined(slot.state)
      if (slot.state.deviceId !== undefined) byId.set(slot.state.deviceId, slot)
      scheduler.plan(slot, nextDueMs(slot.state))
    }
  }

  /** Pokes that were sent while nobody here heard them are lost: all devices look what there is, spread over a while. */
  const catchUp = (): void => {
    const nowMs = clock.nowMs()
    const spreadMs = Math.ceil(slots.size / CATCH_UP_PER_SECOND) * 1_000 * (options.clockSpeed ?? 1)
    for (const slot of slots.values())
      feed(slot, { type: 'poke', nowMs, spreadMs, correlationId: `reconnect-${options.agentId}-${nowMs}` })
  }

  const onPoke = (message: BusMessage): void => {
    const poke = pokeOf(message, log)
    if (!poke) return
    const { deviceIds, spreadMs, correlationId, platform } = poke
    const poked = deviceIds ? deviceIds.flatMap((id) => byId.get(id) ?? []) : slots.values()
    for (const slot of poked) {
      if (platform !== undefined && slot.state.platform.toLowerCase() !== platform) continue
      links.notice(slot, () => {
        counters.pokes++
        feed(slot, { type: 'poke', nowMs: clock.nowMs(), spreadMs, correlationId })
      })
    }
  }

  const onOrder = async ({ payload }: BusMessage): Promise<Uint8Array> => encode(obey(payload))
  const obey = (payload: Uint8Array): FleetOrderReply => {
    const decoded = decode(FleetOrder, payload)
    if (!decoded.ok) return { outcome: 'refused', code: decoded.refusal.code, message: decoded.refusal.message }
    try {
      return carryOut(decoded.value, {
        clock,
        platformOf,
        slots,
        adopt,
        feed,
        giveTokens: (tokens) => {
          options.keepTokens?.(tokens)
          interpreter.giveTokens(tokens)
        },
        deviceById,
        later: postponed.add,
      })
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      return { outcome: 'refused', code: error.code, message: error.message }
    }
  }

  const resting = restingOf({ slots, counters, adopt, scheduler, interpreter, postponed })
  return {
    slots,
    counters,
    adopt,
    giveTokens: interpreter.giveTokens,
    feed,
    isHeard: () => greeter?.isHeard() ?? false,
    start: async () => {
      const onError = (error: unknown): void => log.error({ err: error }, 'an order failed')
      // Not before the name is ours: orders under it may be for another process.
      greeter = await startGreeting({ ...options, counters, census, lag: scheduler.lag, sessions })
      subscriptions = [
        bus.subscribe(subjects.poke(options.tenant, options.agentId), onPoke),
        bus.subscribe(broadcastPattern(options.tenant), onPoke),
        bus.respond(subjects.fleetOrder(options.tenant, options.agentId), onOrder, { onError }),
        bus.subscribe(subjects.rollCall(options.tenant), () => greeter?.again()),
        bus.onStatus((status) => {
          if (status === 'disconnected') return interpreter.hold()
          greeter?.again()
          interpreter.release()
          return catchUp()
        }),
      ]
      scheduler.start()
      traffic.start()
      if (!resting.tookUp()) catchUp()
    },
    ...resting,
    stop: async () => {
      if (stopped) return
      stopped = true
      scheduler.stop()
      traffic.stop()
      await Promise.all(subscriptions.map((subscription) => subscription.stop()))
      await settledWithin(options.wall, STOP_MAX_MS, interpreter.idle())
      await greeter?.stop()
    },
  }
}

/** A poke, and the platform that it is for when it is for one. */
function pokeOf({ subject, payload }: BusMessage, log: Logger): (Poke & { platform: string | undefined }) | undefined {
  const decoded = decode(Poke, payload)
  if (decoded.ok) return { ...decoded.value, platform: /\.p\.([^.]+)$/.exec(subject)?.[1] }
  log.warn({ subject, code: decoded.refusal.code }, 'a poke cannot be read')
  return undefined
}

/** How a fleet is put down, and taken up again. */
function restingOf({
  slots,
  counters,
  adopt,
  scheduler,
  interpreter,
  postponed,
}: Pick<Fleet, 'slots' | 'adopt'> & {
  readonly counters: Counters
  readonly scheduler: Scheduler<Slot>
  readonly interpreter: Interpreter
  readonly postponed: PostponedInputs
}): Pick<Fleet, 'rest' | 'atRest' | 'takeUp'> & { tookUp(): boolean } {
  let rested = false
  return {
    tookUp: () => rested,
    takeUp: (fleet) => {
      rested = true
      interpreter.giveTokens(fleet.tokens)
      Object.assign(counters, fleet.counters)
      adopt(fleet.devices)
      postponed.takeUp(fleet.postponed)
    },
    rest: () => scheduler.stop(),
    atRest: () => {
      if (interpreter.busy()) return undefined
      return { devices: slots.values(), tokens: interpreter.tokens(), counters, postponed: postponed.list() }
    },
  }
}

/** Whether this is what must not be forgotten: who the device is, and whatever it is about to tell. */
const isToKeep = (before: DeviceState, input: DeviceInput, after: DeviceState, effects: readonly Effect[]): boolean =>
  input.type === 'born' ||
  before.certificate !== after.certificate ||
  (before.phase !== after.phase && after.phase !== 'enrolling') ||
  effects.some(({ type }) => type === 'report')
