import type { Because, DeviceAccount, Explanation } from '@muster/shared/contracts'
import type { DeviceFacts } from './device-facts.ts'
import { appointment } from './policy-causes.ts'
import { at, known, notRecorded } from './wording.ts'

/** A device that the service has never had: what the device says of its way there. */
export function unenrolled({ account }: DeviceFacts): Explanation {
  if (!account) return { summary: ['The service has no such device, and nobody answers for it.'], because: [] }
  const refused = (account.notes ?? []).findLast(({ what }) => what === 'enrolment-refused')
  const why = refused && known(0, `enrolment was refused at ${at(refused.atMs)}: ${refused.detail}`, refused.atMs)
  return { summary: [sentence(account)], because: [...(why ? [why] : reasons(account))] }
}

function sentence(account: DeviceAccount): string {
  const { key, phase } = account
  const againMs = appointment(account, 'enrol')
  switch (phase) {
    case 'refused':
      return `${key} has never been enrolled: it was refused, and does not ask again.`
    case 'app-only':
      return `${key} is not managed: only its apps are registered.`
    case 'enrolling':
      return `${key} is being enrolled${againMs === undefined ? ', and waits for an answer' : `; it asks again at ${at(againMs)}`}.`
    default:
      return `${key} has not been enrolled${againMs === undefined ? '' : `; it asks at ${at(againMs)}`}.`
  }
}

function reasons(account: DeviceAccount): readonly Because[] {
  if (account.phase === 'refused') return [notRecorded(0)]
  if (!account.online) return [known(0, 'it is offline')]
  const silent = (account.notes ?? []).findLast(({ what }) => what === 'no-answer')
  return silent && account.failures > 0
    ? [known(0, `its requests have had no answer since ${at(silent.atMs)}`, silent.atMs)]
    : []
}
