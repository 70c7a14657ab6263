import { DEVICE_NOTES_MAX, type DeviceNote, type Posture } from '@muster/shared/contracts'
import type { DeviceInput } from './messages.ts'
import type { DeviceState } from './state.ts'
import { type Turn, viewOf } from './turn.ts'

type Noted = Omit<DeviceNote, 'atMs'>

/** What comes and goes all day on some devices: it must not push out what tells causes. */
const routine: ReadonlySet<Noted['what']> = new Set([
  'offline',
  'online',
  'poked',
  'poke-missed',
  'no-answer',
  'restarted',
  'user-acted',
])
const ROUTINE_MAX = DEVICE_NOTES_MAX / 2

/** Keep these notes as well; of the routine ones at most half as many as of all, and of all the newest. */
export function withNotes(state: DeviceState, { nowMs }: Pick<Turn, 'nowMs'>, notes: readonly Noted[]): DeviceState {
  if (notes.length === 0) return state
  const all = [...(state.notes ?? []), ...notes.map((note) => ({ atMs: nowMs, ...note }))]
  while (all.length > DEVICE_NOTES_MAX) {
    const routines = all.filter(({ what }) => routine.has(what)).length
    all.splice(routines > ROUTINE_MAX ? all.findIndex(({ what }) => routine.has(what)) : 0, 1)
  }
  return { ...state, notes: all }
}

/** What is notable in what has become of a device because of `cause`. */
export function outcomeNotes(before: DeviceState, after: DeviceState, turn: Turn, cause: string): readonly Noted[] {
  if (before === after) return []
  return [
    ...presenceNotes(before, after),
    ...certificateNotes(before, after),
    ...changeNotes(before, after, turn, cause),
    ...failureNotes(before, after),
    ...(!before.postponed && after.postponed ? [{ what: 'not-now', cause } as const] : []),
  ]
}

function presenceNotes(before: DeviceState, after: DeviceState): readonly Noted[] {
  if (before.online === after.online) return []
  const { away = [] } = after.online ? before : after
  const why = away.at(-1)
  return [{ what: after.online ? 'online' : 'offline', ...(why === undefined ? {} : { cause: why }) }]
}

function certificateNotes(before: DeviceState, after: DeviceState): readonly Noted[] {
  const { certificate } = after
  if (!certificate || certificate === before.certificate) return []
  const what = before.phase === 'enrolling' ? 'enrolled' : 'certificate-renewed'
  return [{ what, detail: certificate.serialNumber }]
}

/** Facts that are others now. Figures that move all the time are worth a note when they change an answer. */
function changeNotes(before: DeviceState, after: DeviceState, turn: Turn, cause: string): readonly Noted[] {
  if (before.inventory === after.inventory) return []
  const facts = changedFacts(before, after)
  if (facts.length === 0) return []
  const settings = changedAnswers(before, after, turn)
  if (settings.length === 0 && facts.every(({ isFigure }) => isFigure)) return []
  const detail = facts.map(({ name, value }) => `${name} = ${value}`).join(', ')
  return [{ what: 'changed', cause, detail, ...(settings.length > 0 ? { settings } : {}) }]
}

interface ChangedFact {
  readonly name: string
  readonly value: string
  readonly isFigure: boolean
}

function changedFacts({ inventory: before }: DeviceState, { inventory: after }: DeviceState): ChangedFact[] {
  const facts = (Object.keys(after.posture) as (keyof Posture)[]).filter(
    (fact) => before.posture[fact] !== after.posture[fact],
  )
  return [
    ...facts.map((name) => {
      const value = after.posture[name]
      return { name, value: String(value), isFigure: typeof value === 'number' }
    }),
    ...(before.os.version === after.os.version
      ? []
      : [{ name: 'osVersion', value: after.os.version, isFigure: false }]),
  ]
}

/** Settings of the compliance policies that the device holds to which it would answer otherwise than before. */
function changedAnswers(before: DeviceState, after: DeviceState, { platform }: Turn): string[] {
  const [then, now] = [viewOf(before), viewOf(after)]
  const settings = before.policies
    .filter(({ body }) => body.kind === 'compliance')
    .flatMap(({ body }) => body.items)
    .filter((item) => JSON.stringify(platform.evaluate(item, then)) !== JSON.stringify(platform.evaluate(item, now)))
    .flatMap(({ covers }) => covers)
  return [...new Set(settings)]
}

/** Settings that a fault of the scenario has made fail. */
function failureNotes(before: DeviceState, after: DeviceState): readonly Noted[] {
  if (before.policies === after.policies) return []
  const cause = after.faults?.diskFull === undefined ? 'fault partial-apply' : 'fault disk-full'
  return after.policies.flatMap(({ reference, body, spoilt }) => {
    const known = before.policies.find((policy) => policy.reference.policyId === reference.policyId)
    if (!spoilt || known?.spoilt === spoilt) return []
    const settings = body.items.filter(({ itemId }) => spoilt.includes(itemId)).flatMap(({ covers }) => covers)
    return [{ what: 'apply-failed', cause, detail: reference.policyId, settings: [...new Set(settings)] } as const]
  })
}

/** What is notable in an input by itself, whatever came of it. */
export function inputNotes(before: DeviceState, after: DeviceState, input: DeviceInput): readonly Noted[] {
  switch (input.type) {
    case 'poke':
      if (before.phase !== 'enrolled') return []
      return [{ what: before.online ? 'poked' : 'poke-missed', correlationId: input.correlationId }]
    case 'fault':
      return [{ what: input.active ? 'fault-begun' : 'fault-over', detail: input.fault.kind }]
    case 'failed':
      return before.failures === 0 && after.failures > 0 ? [{ what: 'no-answer', detail: input.what }] : []
    case 'enrolment-answer':
      return refusalNote(before !== after, 'enrolment-refused', input.answer)
    case 'renewal-answer':
      return refusalNote(before !== after, 'renewal-refused', input.answer)
    case 'check-in-answer':
      return [
        ...refusalNote(before !== after, 'check-in-refused', input.answer),
        ...departureNotes(before, after, input.answer),
      ]
    case 'bodies':
      return before.faults?.crash && !after.faults?.crash ? [{ what: 'crashed', cause: 'fault crash' }] : []
    default:
      return []
  }
}

type Refusal = Extract<Noted['what'], `${string}-refused`>

const refusalNote = (heard: boolean, what: Refusal, answer: { outcome: string; code?: string }): readonly Noted[] =>
  heard && answer.outcome === 'refused' && answer.code !== undefined ? [{ what, detail: answer.code }] : []

function departureNotes(
  before: DeviceState,
  after: DeviceState,
  answer: Extract<DeviceInput, { type: 'check-in-answer' }>['answer'],
): readonly Noted[] {
  if (before.phase === after.phase) return []
  if (after.phase === 'left') return [{ what: 'left' }]
  const command = answer.outcome === 'managed' ? answer.commands.at(-1) : undefined
  if (after.phase !== 'leaving' || !command) return []
  return [{ what: 'leaving', detail: command.action, correlationId: command.correlationId }]
}
