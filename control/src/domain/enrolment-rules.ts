import type { EnrolmentMode, Inventory, Ownership, PlatformName } from '@muster/shared/contracts'
import { compareVersions, ok, type Result, refuse } from '@muster/shared/core'
import { withDefaults } from './default-restrictions.ts'
import type { EnrolmentRestriction, EnrolmentToken, PlatformRestriction } from './model.ts'
import { isTargeted, type TargetSubject } from './targeting.ts'

export interface EnrolmentCandidate {
  readonly platform: PlatformName
  readonly mode: EnrolmentMode
  readonly ownership: Ownership
  readonly inventory: Inventory
  /** Managed devices that the user has already; absent when nobody signs in. */
  readonly devicesOfUser?: number
  /** Group memberships of the user; a device that enrols has none of its own yet. */
  readonly subject: TargetSubject
}

/**
 * Whether the restrictions let a device enrol. Of the restrictions of a kind, ordered by priority, the first that is
 * assigned to the user decides; the default applies when none is. Edits affect new enrolments only.
 *
 * Refusals: `enrolment/platform-blocked`, `enrolment/personal-blocked`, `enrolment/os-version`,
 * `enrolment/manufacturer-blocked`, `enrolment/device-limit`. Source: Intune, "Enrollment restrictions".
 */
export function checkRestrictions(
  restrictions: readonly EnrolmentRestriction[],
  candidate: EnrolmentCandidate,
): Result<true> {
  const inOrder = withDefaults(restrictions).toSorted((a, b) => rank(a) - rank(b))
  const platform = inOrder
    .filter((each) => applies(each, candidate))
    .flatMap(({ rule }) => (rule.kind === 'platform' ? (rule.byPlatform[candidate.platform] ?? []) : []))[0]
  const refusal = platform ? checkPlatform(platform, candidate) : ok(true as const)
  if (!refusal.ok) return refusal
  const limit = inOrder.find((each) => each.rule.kind === 'limit' && applies(each, candidate))
  return limit?.rule.kind === 'limit' ? checkLimit(limit.rule.devicesPerUserMax, candidate) : ok(true)
}

const rank = ({ isDefault, priority }: EnrolmentRestriction): number => (isDefault ? Number.MAX_SAFE_INTEGER : priority)

const applies = (
  { isDefault, assignments }: EnrolmentRestriction,
  { platform, subject }: EnrolmentCandidate,
): boolean => isDefault || isTargeted({ platforms: [platform], assignments }, subject)

function checkPlatform(
  rule: PlatformRestriction,
  { platform, ownership, mode, inventory }: EnrolmentCandidate,
): Result<true> {
  if (rule.platformBlocked) return refuse('enrolment/platform-blocked', `${platform} devices may not enrol`)
  if (rule.personalDeviceEnrolmentBlocked && ownership === 'personal') {
    return refuse('enrolment/personal-blocked', `personally owned ${platform} devices may not enrol`)
  }
  const manufacturer = inventory.hardware.manufacturer.toLowerCase()
  if (rule.blockedManufacturers.some((blocked) => blocked.toLowerCase() === manufacturer)) {
    return refuse('enrolment/manufacturer-blocked', `devices of ${inventory.hardware.manufacturer} may not enrol`)
  }
  // Versions are not looked at for automated device enrolment, where the supervised modes come from.
  const automated = mode.supervised && mode.deviceEnrollmentType.startsWith('appleBulk')
  const { version } = inventory.os
  const tooOld = rule.osMinimumVersion !== undefined && compareVersions(version, rule.osMinimumVersion) < 0
  const tooNew = rule.osMaximumVersion !== undefined && compareVersions(version, rule.osMaximumVersion) > 0
  if (!automated && (tooOld || tooNew)) {
    const range = `${rule.osMinimumVersion ?? 'any'} to ${rule.osMaximumVersion ?? 'any'}`
    return refuse('enrolment/os-version', `version ${version} is outside ${range}`)
  }
  return ok(true)
}

/** Types of enrolment that the device limit does not count: bulk, automatic, co-managed and userless ones. */
const unlimitedTypes = new Set([
  'windowsAzureADJoin',
  'windowsAutoEnrollment',
  'windowsBulkAzureDomainJoin',
  'windowsCoManagement',
])

function checkLimit(devicesPerUserMax: number, { mode, devicesOfUser }: EnrolmentCandidate): Result<true> {
  if (devicesOfUser === undefined || mode.user === 'none' || unlimitedTypes.has(mode.deviceEnrollmentType))
    return ok(true)
  if (devicesOfUser < devicesPerUserMax) return ok(true)
  return refuse(
    'enrolment/device-limit',
    `the user has ${devicesOfUser} devices, at most ${devicesPerUserMax} may be enrolled`,
  )
}

/**
 * Whether an enrolment token is good for this platform and mode now. Refusals: `enrolment/token-unknown`,
 * `enrolment/token-revoked`, `enrolment/token-expired`, `enrolment/token-used-up`, `enrolment/token-mismatch`.
 */
export function checkToken(
  token: EnrolmentToken | undefined,
  wanted: { readonly platform: PlatformName; readonly mode: string },
  nowMs: number,
): Result<EnrolmentToken> {
  if (!token) return refuse('enrolment/token-unknown', 'there is no enrolment token with this secret')
  if (token.platform !== wanted.platform || token.mode !== wanted.mode) {
    return refuse(
      'enrolment/token-mismatch',
      `the token is for ${token.platform}/${token.mode}, not ${wanted.platform}/${wanted.mode}`,
    )
  }
  if (token.revoked) return refuse('enrolment/token-revoked', 'the enrolment token was revoked')
  if (nowMs >= token.expiresAtMs) return refuse('enrolment/token-expired', 'the enrolment token has expired')
  if (token.usesMax !== undefined && token.uses >= token.usesMax) {
    return refuse('enrolment/token-used-up', `the enrolment token was good for ${token.usesMax} devices`)
  }
  return ok(token)
}
