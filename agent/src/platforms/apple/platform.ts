import type { AppleMdmItem, ItemResult, NativeCommand, PolicyItem } from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import type { Attempt, Cadence, CommandOutcome, DeviceView, ItemOutcome, Platform } from '../../domain/platform.ts'
import { valuesAt, withdrawn } from './addresses.ts'
import { type Answer, failed } from './answer.ts'
import { answerCommand, payloadOf, resultOf } from './command.ts'
import { applyDeclaration, readDeclaration, settingsBy } from './declaration.ts'
import { describeDevice } from './describe.ts'
import { LOST_MODE } from './lost-mode.ts'
import { FILEVAULT } from './profile-payloads.ts'
import { settingsOfProfile } from './profiles.ts'
import type { AppleSystem } from './system.ts'
import { updaterOf } from './updater.ts'

/** After enrolment every 15 minutes for an hour, then every 8 hours. */
const cadence: Cadence = { afterEnrolment: [{ everyMs: 15 * MINUTE_MS, forMs: HOUR_MS }], steadyMs: 8 * HOUR_MS }

/** One of Apple's systems as a platform: MDM commands and declarations, with the differences as data. */
export const applePlatform = (system: AppleSystem): Platform => ({
  name: system.name,
  cadence,
  drifts: system.drifts,
  updater: updaterOf(system),
  // Nobody but the administrator ends lost mode.
  unlock: ({ settings }) => (settings[LOST_MODE] === true ? {} : { locked: false }),
  describe: (mode, chance, models) => describeDevice(system, mode, chance, models),

  apply(item, device, attempt) {
    if (item.protocol === 'apple-ddm') return applyDeclaration(item, device, system, attempt)
    if (item.protocol === 'apple-mdm') return applyCommand(item, device, system, attempt)
    return { result: foreign(item.itemId) }
  },

  evaluate(item, device): ItemResult {
    if (item.protocol === 'apple-ddm') return readDeclaration(item, device, system)
    if (item.protocol !== 'apple-mdm') return foreign(item.itemId)
    return resultOf(
      item.itemId,
      answerCommand(item.requestType, { payload: payloadOf(item), device, system, item }, ['query']),
    )
  },

  remove: (item) => removalOf(item),

  perform(command, device, attempt): CommandOutcome {
    if (command.protocol !== 'apple-mdm') return { result: foreign('command') }
    return performCommand(command, device, system, attempt)
  },
})

function applyCommand(item: AppleMdmItem, device: DeviceView, system: AppleSystem, attempt: Attempt): ItemOutcome {
  const call = { payload: payloadOf(item), device, system, attempt, item }
  const answer = answerCommand(item.requestType, call, ['query', 'policy'])
  const { settings, posture, waitsFor } = confirmed(item, answer, device)
  const isThere = attempt.after === 'user' && answer.status !== 'NotNow'
  return {
    result: resultOf(item.itemId, answer),
    ...(settings ? { settings } : {}),
    // Whatever waited for the user has found the device unlocked.
    ...(posture || isThere ? { posture: { ...posture, ...(isThere ? { locked: false } : {}) } } : {}),
    ...(waitsFor ? { waitsFor } : {}),
  }
}

/** SecurityInfo in a configuration policy asks whether FileVault is on by now: while it is deferred, again after the restart. */
function confirmed(item: AppleMdmItem, answer: Answer, device: DeviceView): Answer {
  const deferred = !device.inventory.posture.encrypted && valuesAt(device.settings, FILEVAULT, 'Enable').includes('On')
  return item.requestType === 'SecurityInfo' && deferred ? { ...answer, waitsFor: 'restart' } : answer
}

/** Settings that a command made once stay as they are: nothing on the device remembers what was before. */
function removalOf(item: PolicyItem): Pick<ItemOutcome, 'settings'> {
  if (item.protocol === 'apple-ddm') return { settings: withdrawn(settingsBy(item)) }
  if (item.protocol !== 'apple-mdm' || item.requestType !== 'InstallProfile') return {}
  return { settings: withdrawn(settingsOfProfile(payloadOf(item), item)) }
}

function performCommand(
  command: Extract<NativeCommand, { protocol: 'apple-mdm' }>,
  device: DeviceView,
  system: AppleSystem,
  attempt: Attempt,
): CommandOutcome {
  const call = { payload: payloadOf(command), device, system, attempt }
  const answer = answerCommand(command.requestType, call, ['query', 'policy', 'action'])
  const { settings, posture, effect, detail, deviceName } = answer
  return {
    result: resultOf('command', answer),
    ...(detail ? { detail } : {}),
    ...(effect ? { effect } : {}),
    ...(posture ? { posture } : {}),
    ...(deviceName === undefined ? {} : { deviceName }),
    ...(settings ? { settings } : {}),
    ...(answer.status === 'NotNow' ? { later: true } : {}),
  }
}

/** An item in another platform's protocol is a malformed command here. */
const foreign = (itemId: string): Extract<ItemResult, { protocol: 'apple-mdm' }> =>
  resultOf(itemId, { ...failed('malformedRequest'), status: 'CommandFormatError' })
