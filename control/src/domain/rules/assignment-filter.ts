import type { PlatformName } from '@muster/shared/contracts'
import { ok, type Result } from '@muster/shared/core'
import { parsed } from './cursor.ts'
import { compile } from './evaluate.ts'
import type { Expression, RuleSubject } from './expression.ts'
import { type HyphenDialect, parseHyphenRule } from './hyphen-rule.ts'
import { tokenize } from './lexer.ts'

/** Which devices (or apps) an assignment is narrowed to. */
export interface AssignmentFilterRule {
  readonly expression: Expression
  matches(subject: RuleSubject): boolean
}

const everywhere = [
  'deviceCategory',
  'deviceName',
  'deviceOwnership',
  'manufacturer',
  'model',
  'operatingSystemVersion',
  'osVersion',
]

/** Properties beside those that every platform has. */
const further: Readonly<Record<PlatformName, readonly string[]>> = {
  windows: ['cpuArchitecture', 'deviceTrustType', 'enrollmentProfileName', 'operatingSystemSKU'],
  macOS: ['cpuArchitecture'],
  iOS: ['enrollmentProfileName', 'isRooted'],
  iPadOS: ['enrollmentProfileName', 'isRooted'],
  tvOS: ['enrollmentProfileName'],
  visionOS: ['enrollmentProfileName'],
  android: ['enrollmentProfileName', 'isRooted'],
  linux: [],
}

const app = [
  'appVersion',
  'deviceManagementType',
  'deviceManufacturer',
  'deviceModel',
  'operatingSystemVersion',
  'osVersion',
]

const operator = (name: HyphenDialect['operators'][string]['operator'], negated = false) => ({
  operator: name,
  negated,
})

type ManagementType = 'devices' | 'apps'

const dialectOf = (platform: PlatformName, managementType: ManagementType): HyphenDialect => ({
  namespaces: managementType === 'apps' ? { app } : { device: [...everywhere, ...further[platform]] },
  caseSensitiveNames: false,
  operators: {
    eq: operator('eq'),
    ne: operator('ne'),
    in: operator('in'),
    notin: operator('in', true),
    startswith: operator('startsWith'),
    contains: operator('contains'),
    notcontains: operator('contains', true),
    gt: operator('gt'),
    ge: operator('ge'),
    lt: operator('lt'),
    le: operator('le'),
  },
  versions: new Set(['operatingSystemVersion']),
  versionsOnly: true,
  collections: false,
})

const LENGTH_MAX = 3_072

/**
 * Parse the rule of an assignment filter for devices (or managed apps) of a platform. Refusals: `rule/syntax`, `rule/unknown-property` (also for one
 * that the platform does not have), `rule/operator-not-applicable`, `rule/too-long`, `rule/too-complex`.
 * Source: Intune, "Supported filter device and app properties".
 */
export function parseAssignmentFilter(
  text: string,
  platform: PlatformName,
  managementType: ManagementType = 'devices',
): Result<AssignmentFilterRule> {
  const tokens = tokenize(text, { lengthMax: LENGTH_MAX })
  if (!tokens.ok) return tokens
  const expression = parsed(tokens.value, (cursor) => parseHyphenRule(cursor, dialectOf(platform, managementType)))
  return expression.ok ? ok({ expression: expression.value, matches: compile(expression.value) }) : expression
}
