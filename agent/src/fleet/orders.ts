import type { FleetOrder, FleetOrderReply, HistoryEntry, PlatformName } from '@muster/shared/contracts'
import { type Clock, createRng } from '@muster/shared/core'
import type { InputWithoutTime } from '../adapters/resting-fleet.ts'
import { createDevice, type DeviceInput, type Platform } from '../domain/index.ts'
import type { Fleet } from './fleet.ts'
import { selectDevices } from './select-devices.ts'
import type { Slot } from './slots.ts'

export interface OrderContext extends Pick<Fleet, 'slots' | 'adopt' | 'giveTokens' | 'feed'> {
  readonly clock: Clock
  readonly platformOf: (name: PlatformName) => Platform
  readonly deviceById: (deviceId: string) => Slot | undefined
  readonly later: (atMs: number, slot: Slot, input: InputWithoutTime) => void
}

type Of<Order extends FleetOrder['order']> = Extract<FleetOrder, { order: Order }>

/** Carry out an order of the simulation. Throws `simulation/no-room` when there are more devices than the worker takes. */
export function carryOut(order: FleetOrder, context: OrderContext): FleetOrderReply {
  switch (order.order) {
    case 'populate':
      return populate(order, context)
    case 'presence':
      return spread(order, context, () => ({ type: 'presence', online: order.online }))
    case 'drift':
      return spread(order, context, (slot) => driftInput(order, slot))
    case 'sync':
      return spread(order, context, () => ({ type: 'sync' }))
    case 'fault':
      return spread(order, context, (slot, chosen) => faultInput(order, slot, chosen))
    case 'inspect':
      return inspect(order, context)
    case 'history':
      return history(order, context)
  }
}

function populate({ population, shard, shares, tokens }: Of<'populate'>, context: OrderContext): FleetOrderReply {
  const { clock, platformOf, slots, adopt, feed, giveTokens } = context
  giveTokens(tokens)
  const nowMs = clock.nowMs()
  const births: Slot[] = []
  const dealt = deal(shares)
  for (const group of population.groups) {
    for (let index = group.first; index < group.first + group.count; index++) {
      if (dealt.next().value !== shard) continue
      births.push({
        state: createDevice(
          { seed: population.seed, group, index, users: population.users },
          platformOf(group.platform),
        ),
      })
    }
  }
  const fresh = births.filter(({ state }) => !slots.has(state.key))
  adopt(fresh)
  for (const [position, { state }] of fresh.entries()) {
    const slot = slots.get(state.key)
    const enrolAtMs = nowMs + Math.floor(arrivalMs(position / fresh.length, population))
    if (slot) feed(slot, { type: 'born', nowMs, enrolAtMs })
  }
  return { outcome: 'done', devices: fresh.length }
}

/** When the device comes before which this share of all has come, milliseconds from the beginning. */
function arrivalMs(share: number, { enrolOverMs, enrolRampMs }: Of<'populate'>['population']): number {
  const rampMs = Math.min(enrolRampMs, enrolOverMs)
  // Shares of a millisecond once the rate has grown: the ramp brings half as many as it would at that rate.
  const perMs = 1 / (enrolOverMs - rampMs / 2)
  return share < (perMs * rampMs) / 2 ? Math.sqrt((2 * rampMs * share) / perMs) : share / perMs + rampMs / 2
}

/** Whose the next device is: one for each agent in turn that has not got its share yet. */
function* deal(shares: readonly number[]): Generator<number, void> {
  const left = [...shares]
  while (left.some((devices) => devices > 0)) {
    for (const [shard, devices] of left.entries()) {
      if (devices === 0) continue
      left[shard] = devices - 1
      yield shard
    }
  }
}

/** Let something happen to the selected devices, spread evenly over a time in a seeded order. */
function spread(
  order: Of<'presence'> | Of<'drift'> | Of<'sync'> | Of<'fault'>,
  { slots, clock, feed, later }: OrderContext,
  inputFor: (slot: Slot, chosen: readonly Slot[]) => InputWithoutTime,
): FleetOrderReply {
  const chosen = selectDevices(slots.values(), order.selector)
  const nowMs = clock.nowMs()
  for (const slot of chosen) {
    const input = inputFor(slot, chosen)
    if (order.spreadMs === 0) feed(slot, { ...input, nowMs } as DeviceInput)
    else
      later(
        nowMs + createRng(`${slot.state.seed}/spread/${order.selector.salt}/${slot.state.key}`).unit() * order.spreadMs,
        slot,
        input,
      )
  }
  return { outcome: 'done', devices: chosen.length }
}

function driftInput(
  { posture, osVersion, heals, healAfterMs, selector }: Of<'drift'>,
  { state }: Slot,
): InputWithoutTime {
  const mends = createRng(`${state.seed}/heals/${selector.salt}/${state.key}`).unit() < heals
  return { type: 'ordered-drift', posture, osVersion, ...(mends ? { healAfterMs } : {}) }
}

/** Of the chosen of a platform, in order of their names, every second one takes on the identity of the one before it. */
function faultInput({ fault, active }: Of<'fault'>, { state }: Slot, chosen: readonly Slot[]): InputWithoutTime {
  if (fault.kind !== 'duplicate-identity' || !active) return { type: 'fault', fault, active }
  const alike = chosen
    .map((slot) => slot.state)
    .filter(({ platform }) => platform === state.platform)
    .sort((one, other) => (one.key < other.key ? -1 : 1))
  const position = alike.findIndex(({ key }) => key === state.key)
  const other = position % 2 === 1 ? alike[position - 1] : undefined
  if (!other) return { type: 'fault', fault, active }
  const { deviceId, inventory } = other
  return { type: 'fault', fault, active, hardware: inventory.hardware, ...(deviceId === undefined ? {} : { deviceId }) }
}

function inspect({ deviceId, deviceKey }: Of<'inspect'>, { deviceById, slots }: OrderContext): FleetOrderReply {
  const state = (deviceId === undefined ? slots.get(deviceKey ?? '') : deviceById(deviceId))?.state
  if (!state) return { outcome: 'done', devices: 0 }
  // Undefined values have no place in JSON; and what compliance was answered for is in the state as it is.
  return { outcome: 'done', devices: 1, inspection: JSON.parse(JSON.stringify({ ...state, answeredFor: undefined })) }
}

function history({ after, limit }: Of<'history'>, { slots }: OrderContext): FleetOrderReply {
  const keys = [...slots.keys()].filter((key) => key > after).sort()
  const page = keys.slice(0, limit)
  const entries = page.flatMap((key): HistoryEntry[] => {
    const state = slots.get(key)?.state
    if (!state) return []
    return [historyOf(state)]
  })
  const last = page.at(-1)
  return {
    outcome: 'done',
    devices: entries.length,
    history: entries,
    ...(keys.length > limit && last !== undefined ? { next: last } : {}),
  }
}

function historyOf({
  key: deviceKey,
  deviceId,
  phase,
  lastSeq,
  outbox,
  online,
  enrolBeganAtMs,
  enrolledAtMs,
}: Slot['state']): HistoryEntry {
  const ackedSeq = (outbox[0]?.seq ?? lastSeq + 1) - 1
  const ended = enrolledAtMs !== undefined && enrolledAtMs >= (enrolBeganAtMs ?? 0)
  return {
    deviceKey,
    phase,
    lastSeq,
    ackedSeq,
    online,
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(enrolBeganAtMs === undefined
      ? {}
      : { enrolment: { beganAtMs: enrolBeganAtMs, ...(ended ? { endedAtMs: enrolledAtMs } : {}) } }),
  }
}
