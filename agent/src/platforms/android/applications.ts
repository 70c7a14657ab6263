import type { AmapiItem, AmapiResult } from '@muster/shared/contracts'
import type { Attempt, DeviceView, ItemOutcome } from '../../domain/platform.ts'
import { hasPlay } from './fields.ts'
import { notInForce, result } from './result.ts'

/** An installation needs some room. */
const ROOM_BYTES = 500_000_000

interface Application {
  readonly packageName: string
  readonly installType: 'FORCE_INSTALLED' | 'BLOCKED'
}

const PACKAGE = /^[A-Za-z]\w*(\.[A-Za-z]\w*)+$/

function readApplication(value: unknown): Application | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { packageName, installType } = value as Record<string, unknown>
  if (typeof packageName !== 'string' || packageName.length > 200 || !PACKAGE.test(packageName)) return undefined
  return installType === 'FORCE_INSTALLED' || installType === 'BLOCKED' ? { packageName, installType } : undefined
}

const addressOf = (packageName: string): string => `applications/${packageName}`

/**
 * An element of `applications`: an app that has to be there is downloaded, which takes its time and may fail and be tried
 * again; one that must not be is gone at once.
 */
export function install(item: AmapiItem, device: DeviceView, { chance, failure, after }: Attempt): ItemOutcome {
  const application = readApplication(item.value)
  if (!application) return { result: notInForce(item, 'INVALID_VALUE') }
  if (!hasPlay(device)) return { result: notInForce(item, 'UNSUPPORTED') }
  const { packageName, installType } = application
  const address = addressOf(packageName)
  if (installType === 'BLOCKED') return { result: result(item), settings: { [address]: installType } }
  if (device.settings[address] === installType) return { result: result(item) }
  const missing = (installationFailureReason: AmapiResult['installationFailureReason']): ItemOutcome => ({
    result: notInForce(item, 'APP_NOT_INSTALLED', {
      packageName,
      ...(installationFailureReason ? { installationFailureReason } : {}),
    }),
    waitsFor: 'install',
  })
  if (after !== 'install') return missing('IN_PROGRESS')
  if ((device.inventory.posture.freeStorageBytes ?? ROOM_BYTES) < ROOM_BYTES) return missing('INSUFFICIENT_STORAGE')
  if (chance.chance(failure)) return missing('NETWORK_ERROR_UNRELIABLE_CONNECTION')
  return { result: result(item), settings: { [address]: installType } }
}

/** A required app whose policy is gone is removed with it, and a blocked one is allowed again. */
export function addressesOf(item: AmapiItem): readonly string[] {
  const application = readApplication(item.value)
  return application ? [addressOf(application.packageName)] : []
}
