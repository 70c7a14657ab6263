import type { Because, DeviceNote } from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import type { DeviceFacts } from './device-facts.ts'
import { absenceText, at, known, notRecorded } from './wording.ts'

/** A time out of reach; it lasts while there is no end. */
export interface Absence {
  readonly fromMs: EpochMs
  readonly toMs?: EpochMs
  readonly cause?: string
}

/** When the device was out of reach, as far back as its notes go. */
export function absencesOf(notes: readonly DeviceNote[]): readonly Absence[] {
  const absences: Absence[] = []
  let away: DeviceNote | undefined
  for (const note of notes) {
    if (note.what === 'offline') away = note
    if (note.what !== 'online' || !away) continue
    absences.push({ ...absenceOf(away), toMs: note.atMs })
    away = undefined
  }
  return away ? [...absences, absenceOf(away)] : absences
}

const absenceOf = ({ atMs, cause }: DeviceNote): Absence => ({
  fromMs: atMs,
  ...(cause === undefined ? {} : { cause }),
})

/** Why a device is silent: it is out of reach, it is refused, or nobody answers for it. */
export function absenceCauses({ account, device }: DeviceFacts, level: number): readonly Because[] {
  if (!account) return [notRecorded(level, 'nobody answers for the device: its worker is away')]
  const notes = account.notes ?? []
  if (!account.online) {
    const last = absencesOf(notes).at(-1)
    const now = last?.toMs === undefined ? last : undefined
    const why = absenceText(now?.cause ?? account.away?.at(-1))
    const since = now ? ` since ${at(now.fromMs)}` : ''
    const text = `offline${since}${why === undefined ? '' : `: ${why}`}`
    return [known(level, text, now?.fromMs), ...(why === undefined ? [notRecorded(level + 1)] : [])]
  }
  // What was before its last check-in is over.
  const sinceMs = device?.lastSyncAtMs ?? 0
  const trouble = notes.findLast(
    ({ what, atMs }) => atMs >= sinceMs && (what === 'check-in-refused' || what === 'no-answer'),
  )
  if (trouble?.what === 'check-in-refused')
    return [known(level, `its check-in was refused at ${at(trouble.atMs)}: ${trouble.detail}`, trouble.atMs)]
  if (trouble && account.failures > 0)
    return [known(level, `its requests have had no answer since ${at(trouble.atMs)}`, trouble.atMs)]
  return [notRecorded(level)]
}
