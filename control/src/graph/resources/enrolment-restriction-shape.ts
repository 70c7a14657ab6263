import type { PlatformName } from '@muster/shared/contracts'
import { compareVersions } from '@muster/shared/core'
import { z } from 'zod'
import { unrestricted } from '../../domain/default-restrictions.ts'
import type { EnrolmentRestriction, PlatformRestriction } from '../../domain/model.ts'
import { badBody, parseBody } from '../body.ts'
import { shownTags } from '../roles/written-tags.ts'
import { iso } from './managed-device.ts'

type Entity = Readonly<Record<string, unknown>>

/** Graph's `platformType` of a restriction → platforms; iPads go with iPhones. */
export const platformsByType: Readonly<Record<string, readonly PlatformName[]>> = {
  windows: ['windows'],
  mac: ['macOS'],
  ios: ['iOS', 'iPadOS'],
  tvOS: ['tvOS'],
  visionOS: ['visionOS'],
  android: ['android'],
  androidForWork: ['android'],
  linux: ['linux'],
}

/** Platforms whose devices come from many manufacturers, of which some can be blocked. */
const withManufacturers: ReadonlySet<string> = new Set(['android', 'androidForWork'])

/** The default's property for a platform, with the `platformType` it stands for. */
const defaultProperties: Readonly<Record<string, string>> = {
  iosRestriction: 'ios',
  windowsRestriction: 'windows',
  androidRestriction: 'android',
  macOSRestriction: 'mac',
  tvosRestriction: 'tvOS',
  visionOSRestriction: 'visionOS',
  linuxRestriction: 'linux',
}

const version = z
  .string()
  .regex(/^(\d+(\.\d+){0,3})?$/, 'must be a version such as 10.0.26100.0')
  .max(40)
  .nullish()
const RestrictionShape = z.object({
  platformBlocked: z.boolean().default(false),
  personalDeviceEnrollmentBlocked: z.boolean().default(false),
  osMinimumVersion: version,
  osMaximumVersion: version,
  blockedManufacturers: z.array(z.string().max(80)).max(50).default([]),
})
const text = { displayName: z.string().min(1).max(200), description: z.string().max(1_000).nullish() }
const PLATFORM = '#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration'
const PLATFORMS = '#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration'
const LIMIT = '#microsoft.graph.deviceEnrollmentLimitConfiguration'
const limit = z.number().int().min(1).max(15)

export const CreateShape = z.discriminatedUnion('@odata.type', [
  z.object({
    '@odata.type': z.literal(PLATFORM),
    ...text,
    platformType: z.enum(Object.keys(platformsByType) as [string, ...string[]]),
    platformRestriction: RestrictionShape,
  }),
  z.object({ '@odata.type': z.literal(LIMIT), ...text, limit }),
])
export const PriorityShape = z.object({ priority: z.number().int().min(1).max(25) })
const PatchShape = z.object({
  displayName: text.displayName.optional(),
  description: text.description,
  limit: limit.optional(),
  platformRestriction: RestrictionShape.optional(),
  ...Object.fromEntries(Object.keys(defaultProperties).map((name) => [name, RestrictionShape.optional()])),
})

function readPlatform(given: z.infer<typeof RestrictionShape>, platformType: string, at: string): PlatformRestriction {
  const { osMinimumVersion, osMaximumVersion, blockedManufacturers } = given
  if (blockedManufacturers.length > 0 && !withManufacturers.has(platformType))
    badBody('manufacturers can be blocked for Android only', `${at}.blockedManufacturers`)
  if (osMinimumVersion && osMaximumVersion && compareVersions(osMinimumVersion, osMaximumVersion) > 0)
    badBody('the lowest version is above the highest', `${at}.osMinimumVersion`)
  return {
    platformBlocked: given.platformBlocked,
    personalDeviceEnrolmentBlocked: given.personalDeviceEnrollmentBlocked,
    ...(osMinimumVersion ? { osMinimumVersion } : {}),
    ...(osMaximumVersion ? { osMaximumVersion } : {}),
    blockedManufacturers,
  }
}

const forAll = (platformType: string, rule: PlatformRestriction) =>
  Object.fromEntries((platformsByType[platformType] ?? []).map((platform) => [platform, rule]))

/** The rule of a new restriction. */
export function readRule(wanted: z.infer<typeof CreateShape>): EnrolmentRestriction['rule'] {
  if ('limit' in wanted) return { kind: 'limit', devicesPerUserMax: wanted.limit }
  const { platformType, platformRestriction } = wanted
  const rule = readPlatform(platformRestriction, platformType, 'platformRestriction')
  return { kind: 'platform', graphPlatform: platformType, byPlatform: forAll(platformType, rule) }
}

/** A restriction after a PATCH; what the body does not name stays. */
export function changed(before: EnrolmentRestriction, body: unknown): EnrolmentRestriction {
  const patch = parseBody(PatchShape, body)
  const { displayName, description } = patch
  return {
    ...before,
    ...(displayName === undefined ? {} : { displayName }),
    ...(description === undefined ? {} : { description: description ?? '' }),
    rule: changedRule(before.rule, patch),
  }
}

function changedRule(rule: EnrolmentRestriction['rule'], patch: z.infer<typeof PatchShape>): typeof rule {
  if (rule.kind === 'limit') return { ...rule, devicesPerUserMax: patch.limit ?? rule.devicesPerUserMax }
  if (rule.graphPlatform !== undefined) {
    if (!patch.platformRestriction) return rule
    const now = readPlatform(patch.platformRestriction, rule.graphPlatform, 'platformRestriction')
    return { ...rule, byPlatform: forAll(rule.graphPlatform, now) }
  }
  const given = patch as Readonly<Record<string, z.infer<typeof RestrictionShape> | undefined>>
  const now = Object.entries(defaultProperties).flatMap(([property, platformType]) => {
    const wanted = given[property]
    return wanted ? Object.entries(forAll(platformType, readPlatform(wanted, platformType, property))) : []
  })
  return { ...rule, byPlatform: { ...rule.byPlatform, ...Object.fromEntries(now) } }
}

const platformEntity = (rule: PlatformRestriction): Entity => ({
  platformBlocked: rule.platformBlocked,
  personalDeviceEnrollmentBlocked: rule.personalDeviceEnrolmentBlocked,
  osMinimumVersion: rule.osMinimumVersion ?? null,
  osMaximumVersion: rule.osMaximumVersion ?? null,
  blockedManufacturers: rule.blockedManufacturers,
  blockedSkus: [],
})

/** A restriction as Graph shows it. */
export function restrictionEntity(restriction: EnrolmentRestriction, id: string): Entity {
  const { rule } = restriction
  const common = {
    id,
    displayName: restriction.displayName,
    description: restriction.description,
    priority: restriction.priority,
    createdDateTime: iso(restriction.createdAtMs),
    lastModifiedDateTime: iso(restriction.modifiedAtMs),
    version: 1,
    roleScopeTagIds: shownTags(restriction),
  }
  if (rule.kind === 'limit') return { '@odata.type': LIMIT, ...common, limit: rule.devicesPerUserMax }
  const of = (platformType: string): Entity => {
    const [first = 'windows'] = platformsByType[platformType] ?? []
    return platformEntity(rule.byPlatform[first] ?? unrestricted)
  }
  if (rule.graphPlatform !== undefined)
    return {
      '@odata.type': PLATFORM,
      ...common,
      platformType: rule.graphPlatform,
      platformRestriction: of(rule.graphPlatform),
    }
  const all = Object.entries(defaultProperties).map(([property, platformType]) => [property, of(platformType)])
  return { '@odata.type': PLATFORMS, ...common, ...Object.fromEntries(all) }
}
