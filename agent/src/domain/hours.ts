import type { Presence } from '@muster/shared/contracts'
import { createRng, DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { appoint, hasAppointment } from './agenda.ts'
import { comeBack, goAway } from './presence.ts'
import type { DeviceState } from './state.ts'
import type { Turn } from './turn.ts'

/** Who has just enrolled stays so long, whatever the hours are. */
const SETTLES_MS = HOUR_MS
/** How far people are from the hour at which they should come or go. */
const PUNCTUAL_MINUTES = 30
const DAY_MINUTES = 1_440
/** Nobody is away for longer than this many days of a pattern; a day's chance to be there can be small. */
const DAYS_AHEAD = 30

/** From enrolment on the device comes and goes with its owner, where its temperament says so. */
export function beginHours(state: DeviceState, { nowMs }: Turn): DeviceState {
  if (!state.temperament.presence || hasAppointment(state, 'hours')) return state
  return appoint(state, { what: 'hours', atMs: nowMs + SETTLES_MS })
}

/** Its hours may have begun, or be over; and there is a time to look again. */
export function keepHours(state: DeviceState, turn: Turn): DeviceState {
  const { presence } = state.temperament
  if (!presence) return state
  const wasAway = state.away?.includes('hours') ?? false
  const { here, untilMs } =
    presence.pattern === 'duty-cycle' ? turnOver(presence, wasAway, turn) : atWork(state, presence, turn.nowMs)
  const moved = here === !wasAway ? state : here ? comeBack(state, turn, 'hours') : goAway(state, 'hours')
  return appoint(moved, { what: 'hours', atMs: untilMs })
}

interface Stay {
  readonly here: boolean
  readonly untilMs: EpochMs
}

function turnOver(
  { upMs, downMs, jitterMs }: Extract<Presence, { pattern: 'duty-cycle' }>,
  wasAway: boolean,
  { nowMs, chance }: Turn,
): Stay {
  const lasts = (wasAway ? upMs : downMs) + (2 * chance.fork('hours').unit() - 1) * jitterMs
  return { here: wasAway, untilMs: nowMs + Math.max(MINUTE_MS, Math.round(lasts)) }
}

type Office = Extract<Presence, { pattern: 'office-hours' }>

/** Whether its owner is at work now, and for how long that stays so. */
function atWork(state: DeviceState, office: Office, nowMs: EpochMs): Stay {
  const minuteNow = localMinute(office.timeZone, nowMs)
  const today = Math.floor(minuteNow / DAY_MINUTES)
  for (let day = today; day < today + DAYS_AHEAD; day++) {
    const stay = stayOn(state, office, day)
    if (!stay || stay.to <= minuteNow) continue
    const here = stay.from <= minuteNow
    return { here, untilMs: momentOf(office.timeZone, here ? stay.to : stay.from, nowMs, minuteNow) }
  }
  return { here: false, untilMs: nowMs + DAYS_AHEAD * DAY_MS }
}

/** When the clocks of a time zone show that minute; between now and then they may be changed. */
function momentOf(timeZone: string, minute: number, nowMs: EpochMs, minuteNow: number): EpochMs {
  const unchangedMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS + (minute - minuteNow) * MINUTE_MS
  const offBy = localMinute(timeZone, unchangedMs) - minute
  return Math.max(nowMs + MINUTE_MS, unchangedMs - offBy * MINUTE_MS)
}

/** From and to which minute the owner is there on a day, counted as days from 1970; nothing when they do not come. */
function stayOn({ seed, key }: DeviceState, { fromMinute, toMinute, share }: Office, day: number) {
  const weekday = (day + 4) % 7
  if (weekday === 0 || weekday === 6) return undefined
  const chance = createRng(`${seed}/${key}/hours/${day}`)
  if (!chance.chance(share)) return undefined
  const start = day * DAY_MINUTES
  const late = (): number => Math.round((2 * chance.unit() - 1) * PUNCTUAL_MINUTES)
  return { from: start + fromMinute + late(), to: start + toMinute + late() }
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Minutes from 1970 on the clock of a time zone. */
function localMinute(timeZone: string, nowMs: EpochMs): number {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric' },
    })
    formats.set(timeZone, format)
  }
  const parts = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute')) / MINUTE_MS
}
