import type { Because, DeviceAccount } from '@muster/shared/contracts'
import type { Device } from '../model.ts'
import { absencesOf } from './absence.ts'
import type { DeviceFacts } from './device-facts.ts'
import { appointment } from './policy-causes.ts'
import { absenceText, at, known } from './wording.ts'

/** Sentences on where a device stands with the service: in reach, heard of, certified. */
export const standing = (facts: DeviceFacts, device: Device): readonly string[] => [
  ...presence(facts.account),
  checkIns(facts.account, device),
  certificate(facts, device),
]

function presence(account: DeviceAccount | undefined): readonly string[] {
  if (!account) return ['Nobody answers for the device: its worker is away.']
  const absence = absencesOf(account.notes ?? []).at(-1)
  if (!absence || (!account.online && absence.toMs !== undefined)) return account.online ? [] : ['It is offline.']
  const why = absenceText(absence.cause)
  const span = absence.toMs === undefined ? `is offline since` : 'was offline from'
  const end = absence.toMs === undefined ? '' : ` to ${at(absence.toMs)}`
  return [`It ${span} ${at(absence.fromMs)}${end}${why === undefined ? '' : `: ${why}`}.`]
}

function checkIns(account: DeviceAccount | undefined, { lastSyncAtMs }: Device): string {
  const last = `Its last check-in was at ${at(lastSyncAtMs)}`
  const next = account?.agenda.find(({ what }) => what === 'check-in')
  if (!next) return `${last}${account?.conversation ? '; one is under way' : ''}.`
  return `${last}; the next is due at ${at(next.atMs)}${next.cause === undefined ? '' : ` (${next.cause})`}.`
}

function certificate({ account, certificates, nowMs }: DeviceFacts, device: Device): string {
  const { certificateSerial: serial, certificateNotAfterMs: endMs } = device
  const record = certificates.find(({ serialNumber }) => serialNumber === serial)
  if (record?.state === 'revoked')
    return `Its certificate ${serial} was revoked${record.revokedAtMs === undefined ? '' : ` at ${at(record.revokedAtMs)}`}.`
  if (nowMs >= endMs)
    return `Its certificate ${serial} expired at ${at(endMs)}: check-ins are refused until it enrols anew.`
  const renewMs = (account && appointment(account, 'renew')) ?? record?.renewAfterMs
  const renews = renewMs === undefined ? '' : ` and is renewed ${renewMs <= nowMs ? 'now' : `at ${at(renewMs)}`}`
  return `Its certificate ${serial} is valid until ${at(endMs)}${renews}.`
}

/** Remote actions that are not done yet, and what they wait for. */
export const actionCauses = ({ actions, account }: DeviceFacts): readonly Because[] =>
  actions
    .filter(({ state }) => state === 'pending' || state === 'active')
    .flatMap(({ action, requestedBy, requestedAtMs, state, correlationId }) => [
      known(
        0,
        `${action}, requested by ${requestedBy.displayName} at ${at(requestedAtMs)}, is ${state}`,
        requestedAtMs,
      ),
      ...(account ? whyOpen(account, state, correlationId) : []),
    ])

function whyOpen(account: DeviceAccount, state: string, correlationId: string): readonly Because[] {
  const put = (account.notes ?? []).findLast(({ what }) => what === 'not-now')
  if (state === 'active' && account.postponed && put) {
    const actsMs = appointment(account, 'user-acts')
    const then = actsMs === undefined ? '' : `; its user is expected at ${at(actsMs)}`
    return [known(1, `the device put it off at ${at(put.atMs)}${then}`, put.atMs)]
  }
  const poke = (account.notes ?? []).find((note) => note.correlationId === correlationId)
  if (poke?.what === 'poke-missed')
    return [known(1, `the poke for it was missed at ${at(poke.atMs)}: the device was offline`, poke.atMs)]
  if (!account.online) return [known(1, 'the device is offline')]
  return []
}
