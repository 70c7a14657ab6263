import type { Because, DeviceAccount } from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import type { DevicePolicy } from '../model.ts'
import { absenceCauses } from './absence.ts'
import type { DeviceFacts } from './device-facts.ts'
import { at, causeText, known, notRecorded } from './wording.ts'

/** Why policies are not in force: those that wait for something, those that failed, and settings that others set otherwise. */
export const policyCauses = (facts: DeviceFacts): readonly Because[] =>
  facts.rows.flatMap((row) => [
    ...pendingCauses(facts, row),
    ...conflictCauses(facts, row),
    ...(row.kind === 'configuration' ? failureCauses(facts, row) : []),
  ])

const nameOf = ({ policies }: DeviceFacts, policyId: string): string =>
  policies.find(({ id }) => id === policyId)?.name ?? policyId

function pendingCauses(facts: DeviceFacts, row: DevicePolicy): readonly Because[] {
  if (row.state !== 'pending' && row.reportedRevision === row.revision) return []
  const text = `policy ${nameOf(facts, row.policyId)}, revision ${row.revision}, is pending since ${at(row.targetedAtMs)}`
  return [known(0, text, row.targetedAtMs), ...whyPending(facts, row)]
}

function whyPending(facts: DeviceFacts, row: DevicePolicy): readonly Because[] {
  const { account } = facts
  if (!account) return [notRecorded(1, 'nobody answers for the device: its worker is away')]
  const held = account.policies.find(
    ({ reference }) => reference.policyId === row.policyId && reference.revision >= row.revision,
  )
  const waiting = Object.values(held?.waiting ?? {})
  if (waiting.length > 0) return waitCauses(account, waiting)
  if (held) {
    return account.outbox.length > 0
      ? [known(1, 'the device has carried it out; its report is not committed yet'), ...silence(facts)]
      : [known(1, 'the device has carried it out and has nothing more to report')]
  }
  if (account.conversation?.wanted) {
    const doneMs = appointment(account, 'apply')
    return [known(1, `it is being carried out${doneMs === undefined ? '' : `, until ${at(doneMs)}`}`, doneMs)]
  }
  return [known(1, 'the device does not hold it yet'), ...pokeCauses(account, row), ...silence(facts)]
}

/** Whether the device heard that there is something for it. */
function pokeCauses({ notes = [] }: DeviceAccount, { correlationId }: DevicePolicy): readonly Because[] {
  const poke = notes.find((note) => note.correlationId === correlationId && correlationId !== '')
  if (poke?.what === 'poked') return [known(2, `it was poked for it at ${at(poke.atMs)}`, poke.atMs)]
  if (poke?.what === 'poke-missed')
    return [known(2, `the poke for it was missed at ${at(poke.atMs)}: the device was offline`, poke.atMs)]
  return []
}

const silence = (facts: DeviceFacts): readonly Because[] => {
  const { account } = facts
  if (!account) return []
  if (!account.online || account.failures > 0) return absenceCauses(facts, 2)
  const nextMs = appointment(account, 'check-in')
  return nextMs === undefined ? [] : [known(2, `it checks in next at ${at(nextMs)}`, nextMs)]
}

const awaited: readonly (readonly [wait: string, what: string, appointment: string])[] = [
  ['restart', 'a restart', 'restart'],
  ['user', 'its user', 'user-acts'],
  ['install', 'an installation', 'installed'],
]

function waitCauses(account: DeviceAccount, waiting: readonly string[]): readonly Because[] {
  return awaited.flatMap(([wait, what, kind]) => {
    const items = waiting.filter((each) => each === wait).length
    if (items === 0) return []
    const dueMs = appointment(account, kind) ?? (wait === 'restart' ? appointment(account, 'back-up') : undefined)
    const due = dueMs === undefined ? '' : `, expected at ${at(dueMs)}`
    return [known(1, `${items} of its settings ${items === 1 ? 'waits' : 'wait'} for ${what}${due}`, dueMs)]
  })
}

export const appointment = ({ agenda }: DeviceAccount, what: string): EpochMs | undefined =>
  agenda.find((each) => each.what === what)?.atMs

function conflictCauses(facts: DeviceFacts, { policyId, conflicts }: DevicePolicy): readonly Because[] {
  return conflicts.flatMap(({ setting, others }) => [
    known(0, `policy ${nameOf(facts, policyId)}: ${setting} is in conflict and is not sent`),
    ...others.map((other) =>
      known(1, `policy ${nameOf(facts, other.policyId)} wants it to be ${JSON.stringify(other.value)}`),
    ),
  ])
}

function failureCauses(facts: DeviceFacts, { policyId, settings }: DevicePolicy): readonly Because[] {
  const failed = settings.filter(({ state }) => state === 'error' || state === 'nonCompliant')
  return failed.flatMap(({ setting, errorCode, state }) => {
    const spoilt = (facts.account?.notes ?? []).findLast(
      (note) => note.what === 'apply-failed' && note.detail === policyId && note.settings?.includes(setting) === true,
    )
    const why = spoilt
      ? known(1, `it failed at ${at(spoilt.atMs)}, ${causeText(spoilt.cause ?? '')}`, spoilt.atMs)
      : errorCode === undefined
        ? notRecorded(1)
        : known(1, `the platform answered ${errorCode}`)
    const word = state === 'error' ? 'is in error' : 'is not as it should be'
    return [known(0, `policy ${nameOf(facts, policyId)}: ${setting} ${word}`), why]
  })
}
