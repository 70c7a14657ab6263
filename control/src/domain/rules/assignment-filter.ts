import { enrolmentModes, type PlatformName } from '@muster/shared/contracts'
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
  'cpuArchitecture',
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
  windows: ['deviceTrustType', 'enrollmentProfileName', 'operatingSystemSKU'],
  macOS: [],
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

const dialectOf = (platform: PlatformName): HyphenDialect => ({
  namespaces: { device: [...everywhere, ...further[platform]], app },
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
  collections: false,
})

const dialects = new Map(Object.keys(enrolmentModes).map((name) => [name, dialectOf(name as PlatformName)]))

const LENGTH_MAX = 3_072

/**
 * Parse the rule of an assignment filter for a platform. Refusals: `rule/syntax`, `rule/unknown-property` (also for one
 * that the platform does not have), `rule/operator-not-applicable`, `rule/too-long`, `rule/too-complex`.
 * Source: Intune, "Supported filter device and app properties".
 */
export function parseAssignmentFilter(text: string, platform: PlatformName): Result<AssignmentFilterRule> {
  const tokens = tokenize(text, { lengthMax: LENGTH_MAX, quotes: 'escaped' })
  if (!tokens.ok) return tokens
  const expression = parsed(tokens.value, (cursor) =>
    parseHyphenRule(cursor, dialects.get(platform) ?? dialectOf(platform)),
  )
  return expression.ok ? ok({ expression: expression.value, matches: compile(expression.value) }) : expression
}
