import type { CommandResult, DeviceCommand } from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@muster/shared/core'
import { appoint, appointNoLater } from './agenda.ts'
import { withPosture } from './drift.ts'
import type { CommandOutcome } from './platform.ts'
import { goAway, presenceOnly } from './presence.ts'
import type { DeviceState } from './state.ts'
import { type Turn, viewOf } from './turn.ts'

/** Commands that are remembered as carried out. */
const ANSWERED_MAX = 16

/** Carry out commands in order. One that takes the device out of management is the last. */
export function perform(state: DeviceState, turn: Turn, commands: readonly DeviceCommand[]): DeviceState {
  let next = state
  for (const command of commands) {
    if (next.phase !== 'enrolled') break
    next = performOne(next, turn, command)
  }
  return next
}

function performOne(state: DeviceState, turn: Turn, command: DeviceCommand): DeviceState {
  const known = state.answered.find(({ commandId }) => commandId === command.commandId)
  if (known) return answerAgain(state, known)
  // The device asks for it again when its user is there.
  if (state.faults?.notNow) return postpone(state, turn)
  const outcome = turn.platform.perform(command.native, viewOf(state), {
    chance: turn.chance.fork(`command/${command.commandId}`),
    failure: state.temperament.applyFailure,
  })
  // The device asks for it again when its user has unlocked it.
  if (outcome.later) return postpone(state, turn)
  const result: CommandResult = {
    commandId: command.commandId,
    finishedAtMs: turn.nowMs,
    result: { ...outcome.result, itemId: command.commandId },
    ...(outcome.detail ? { detail: outcome.detail } : {}),
  }
  const answered: DeviceState = {
    ...state,
    answered: [...state.answered, result].slice(-ANSWERED_MAX),
    marks: { ...state.marks, commands: [...state.marks.commands, result] },
  }
  return takeEffect(answered, turn, outcome)
}

const postpone = (state: DeviceState, { nowMs, chance }: Turn): DeviceState =>
  appointNoLater(
    { ...state, postponed: true },
    {
      what: 'user-acts',
      atMs: nowMs + Math.ceil(chance.fork('user').exponential(state.temperament.userActsAfterMs)),
    },
  )

/** Its answer may have been lost; if it is still on its way it is not given twice. */
function answerAgain(state: DeviceState, known: CommandResult): DeviceState {
  const underWay =
    state.marks.commands.some(({ commandId }) => commandId === known.commandId) ||
    state.outbox.some(({ commands }) => commands?.some(({ commandId }) => commandId === known.commandId))
  return underWay ? state : { ...state, marks: { ...state.marks, commands: [...state.marks.commands, known] } }
}

function takeEffect(state: DeviceState, { nowMs, chance }: Turn, outcome: CommandOutcome): DeviceState {
  const named =
    outcome.deviceName === undefined
      ? state
      : { ...state, inventory: { ...state.inventory, deviceName: outcome.deviceName } }
  const changed = withSettings(outcome.posture ? withPosture(named, outcome.posture) : named, outcome)
  switch (outcome.effect) {
    case 'restart':
      return appoint(changed, { what: 'restart', atMs: nowMs + 10 * SECOND_MS })
    case 'shut-down':
      return appoint(goAway(changed, 'power'), {
        what: 'power-on',
        atMs: nowMs + Math.round(chance.fork('off').jitter(6 * HOUR_MS, 0.8)),
      })
    case 'sync':
      return appoint(changed, { what: 'check-in', atMs: nowMs + SECOND_MS, cause: 'user' })
    case 'wipe':
    case 'unenrol':
      return leave(changed, nowMs)
    default:
      return changed
  }
}

function withSettings(state: DeviceState, { settings }: CommandOutcome): DeviceState {
  if (!settings) return state
  const kept = Object.entries({ ...state.settings, ...settings }).filter(([, value]) => value !== null)
  return { ...state, settings: Object.fromEntries(kept) as DeviceState['settings'] }
}

/** Out of management: nothing of it stays but the last report, which must still be committed. */
function leave(state: DeviceState, nowMs: number): DeviceState {
  return {
    ...state,
    policySetDigest: undefined,
    phase: 'leaving',
    policies: [],
    settings: {},
    agenda: [...presenceOnly(state.agenda), { what: 'check-in', atMs: nowMs + MINUTE_MS, cause: 'confirm' }],
  }
}
