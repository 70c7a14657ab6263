import type { DeviceFault, Hardware, Posture } from '@muster/shared/contracts'
import { SECOND_MS } from '@muster/shared/core'
import { withFaults, withoutFault } from './active-faults.ts'
import { appoint } from './agenda.ts'
import { startCheckIn } from './check-in.ts'
import { withPosture } from './drift.ts'
import { redo, redoSpoilt } from './policies.ts'
import { comeBack, goAway } from './presence.ts'
import type { DeviceState } from './state.ts'
import type { Turn } from './turn.ts'

/** Something goes wrong with the device, or is over. What is over mends what it did. */
export function onFault(
  state: DeviceState,
  turn: Turn,
  { fault, active, ...other }: { fault: DeviceFault; active: boolean } & Other,
): DeviceState {
  return active ? begin(state, turn, fault, other) : end(state, turn, fault.kind)
}

/** The device whose identity is taken on. */
interface Other {
  readonly hardware?: Hardware | undefined
  readonly deviceId?: string | undefined
}

function begin(state: DeviceState, turn: Turn, fault: DeviceFault, { hardware, deviceId }: Other): DeviceState {
  const { inventory } = state
  switch (fault.kind) {
    case 'crash':
      return withFaults(state, { crash: true })
    case 'partial-apply':
      return withFaults(state, { failing: fault.items })
    case 'not-now':
      return withFaults(state, { notNow: true })
    case 'clock-skew':
      return startCheckIn(withFaults(state, { clockSkewMs: fault.byMs }), turn, 'user')
    case 'stale-report':
      return askForReport(withFaults(state, { stale: 'next' }), turn)
    case 'duplicate-identity': {
      if (fault.identity === 'management-id')
        return deviceId === undefined ? state : startCheckIn(withFaults(state, { claimedId: deviceId }), turn, 'user')
      if (!hardware || state.faults?.ownHardware) return state
      const { serialNumber } = hardware
      const other = fault.identity === 'serial' ? { ...inventory.hardware, serialNumber } : hardware
      return startCheckIn(
        { ...withFaults(state, { ownHardware: inventory.hardware }), inventory: { ...inventory, hardware: other } },
        turn,
        'user',
      )
    }
    case 'tamper': {
      if (state.faults?.untampered) return state
      const flipped = flippedFacts(state, turn)
      const before = factsOf(inventory.posture, Object.keys(flipped))
      return { ...withPosture(withFaults(state, { untampered: before }), flipped), settings: {} }
    }
    case 'disk-full': {
      const { freeStorageBytes } = inventory.posture
      const full = withFaults(state, { diskFull: freeStorageBytes ?? 0 })
      return freeStorageBytes === undefined ? full : withPosture(full, { freeStorageBytes: 0 })
    }
    case 'flapping-link':
      return flapLater(withFaults(state, { flapping: fault }), turn, fault.upMs)
    case 'link': {
      const { kind: _, ...link } = fault
      return withFaults(state, { link })
    }
  }
}

function end(state: DeviceState, turn: Turn, kind: DeviceFault['kind']): DeviceState {
  const { faults = {}, inventory } = state
  switch (kind) {
    case 'crash':
      return withoutFault(state, 'crash')
    case 'partial-apply':
      return faults.failing === undefined ? state : visited(redoSpoilt(withoutFault(state, 'failing'), turn), turn)
    case 'not-now':
      return faults.notNow ? visited(withoutFault(state, 'notNow'), turn) : state
    case 'clock-skew':
      return faults.clockSkewMs === undefined ? state : visited(withoutFault(state, 'clockSkewMs'), turn)
    case 'stale-report':
      return sendStale(state, turn)
    case 'duplicate-identity': {
      if (faults.claimedId !== undefined) return visited(withoutFault(state, 'claimedId'), turn)
      const { ownHardware: hardware } = faults
      if (!hardware) return state
      return visited({ ...withoutFault(state, 'ownHardware'), inventory: { ...inventory, hardware } }, turn)
    }
    case 'tamper':
      return faults.untampered
        ? visited(redo(withPosture(withoutFault(state, 'untampered'), faults.untampered), turn), turn)
        : state
    case 'disk-full': {
      if (faults.diskFull === undefined) return state
      const { freeStorageBytes } = inventory.posture
      const roomy = withoutFault(state, 'diskFull')
      const room = freeStorageBytes === undefined ? roomy : withPosture(roomy, { freeStorageBytes: faults.diskFull })
      return visited(redoSpoilt(room, turn), turn)
    }
    case 'flapping-link': {
      if (!faults.flapping) return state
      const steady = withoutFault(state, 'flapping')
      const still = { ...steady, agenda: steady.agenda.filter(({ what }) => what !== 'flap') }
      return still.away?.includes('flap') ? comeBack(still, turn, 'flap') : still
    }
    case 'link':
      return withoutFault(state, 'link')
  }
}

/** The device speaks up, so that what has changed is known soon. */
const visited = (state: DeviceState, turn: Turn): DeviceState => startCheckIn(state, turn, 'user')

/** At the next check-in there is something to report. */
function askForReport(state: DeviceState, turn: Turn): DeviceState {
  return startCheckIn({ ...state, marks: { ...state.marks, policySet: true } }, turn, 'user')
}

/** What was kept goes out once more, as if it had been on the way all the time. */
function sendStale(state: DeviceState, turn: Turn): DeviceState {
  const stale = state.faults?.stale
  if (stale === undefined) return state
  if (stale !== 'next' && state.online && (state.phase === 'enrolled' || state.phase === 'leaving'))
    turn.effects.push({ type: 'report', report: stale, again: true })
  return withoutFault(state, 'stale')
}

/** Every fact that the platform can lose by itself, lost at once. */
function flippedFacts({ inventory: { posture } }: DeviceState, { platform }: Turn): Posture {
  const flipped = platform.drifts.flatMap(({ fact, to }) =>
    typeof to === 'boolean' && typeof posture[fact] === 'boolean' && fact !== 'locked' ? [[fact, to] as const] : [],
  )
  return Object.fromEntries(flipped) as Posture
}

const factsOf = (posture: Posture, facts: readonly string[]): Posture =>
  Object.fromEntries(facts.map((fact) => [fact, posture[fact as keyof Posture]])) as Posture

/** The link goes, or comes back, and the next change has its time. */
export function flap(state: DeviceState, turn: Turn): DeviceState {
  const flapping = state.faults?.flapping
  if (!flapping) return state
  return state.away?.includes('flap')
    ? flapLater(comeBack(state, turn, 'flap'), turn, flapping.upMs)
    : flapLater(goAway(state, 'flap'), turn, flapping.downMs)
}

const flapLater = (state: DeviceState, { nowMs, chance }: Turn, meanMs: number): DeviceState =>
  appoint(state, {
    what: 'flap',
    atMs: nowMs + Math.max(SECOND_MS, Math.ceil(chance.fork('flap').exponential(meanMs))),
  })
