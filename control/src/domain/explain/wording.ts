import type { Because, DeviceNote } from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'

/** A moment in UTC, to the second. */
export const at = (ms: EpochMs): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** What is known, at a level of the chain of causes. */
export const known = (level: number, text: string, atMs?: EpochMs): Because => ({
  level,
  text,
  known: true,
  ...(atMs === undefined ? {} : { atMs }),
})

/** The end of a chain: nobody has noted why. */
export const notRecorded = (level: number, why = 'cause not recorded'): Because => ({ level, text: why, known: false })

const causes: Readonly<Record<string, string>> = {
  itself: 'by itself',
  'drift-step': 'by a drift step of the scenario',
  mended: 'mended after a while',
  policy: 'by a policy that was carried out',
  command: 'by a remote action',
  user: 'by its user',
  restart: 'by a restart',
  update: 'by an update of the system',
  install: 'by an installation',
}

/** By what a change came about, in words. */
export function causeText(cause: string): string {
  const [, over, kind] = /^(end of )?fault (.+)$/.exec(cause) ?? []
  if (kind !== undefined) return over ? `when the fault ${kind} was over` : `by the fault ${kind}`
  return causes[cause] ?? `by ${cause}`
}

const absences: Readonly<Record<string, string>> = {
  order: 'a step of the scenario took it offline',
  power: 'it was switched off or starting again',
  flap: 'its link flaps',
  hours: 'its owner is away',
}

/** Why a device is out of reach, in words; nothing when nobody knows. */
export const absenceText = (cause: string | undefined): string | undefined =>
  cause === undefined ? undefined : absences[cause]

/** A device's note in words. */
export function noteText({ what, detail = '', cause, settings = [] }: DeviceNote): string {
  const why = cause === undefined ? '' : ` ${causeText(cause)}`
  switch (what) {
    case 'changed':
      return `${detail}${why}${settings.length > 0 ? `: other answers to ${settings.join(', ')}` : ''}`
    case 'offline':
      return `offline${absenceText(cause) === undefined ? '' : `: ${absenceText(cause)}`}`
    case 'online':
      return 'back online'
    case 'enrolled':
      return `enrolled with a key of its own and certificate ${detail}`
    case 'enrolment-refused':
      return `enrolment refused: ${detail}`
    case 'certificate-renewed':
      return `a new key, and certificate ${detail}`
    case 'renewal-refused':
      return `renewal refused: ${detail}`
    case 'check-in-refused':
      return `check-in refused: ${detail}`
    case 'no-answer':
      return `no answer to its request (${detail}); it asks again`
    case 'poked':
      return 'poked'
    case 'poke-missed':
      return 'a poke was missed: the device was offline'
    case 'crashed':
      return `died in the middle of a policy${why}`
    case 'restarted':
      return 'restarted'
    case 'user-acted':
      return 'its user unlocked it and did what was asked'
    case 'not-now':
      return 'a remote action was put off until its user is there'
    case 'apply-failed':
      return `${settings.join(', ')} failed${why}`
    case 'fault-begun':
      return `fault ${detail} begins`
    case 'fault-over':
      return `fault ${detail} is over`
    case 'leaving':
      return `carried out ${detail}, and leaves management`
    case 'left':
      return 'left management'
  }
}
