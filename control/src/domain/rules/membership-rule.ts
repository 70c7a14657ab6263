import { ok, type Result, refuse } from '@muster/shared/core'
import { parsed } from './cursor.ts'
import { compile } from './evaluate.ts'
import type { Expression, RuleSubject } from './expression.ts'
import { type HyphenDialect, parseHyphenRule } from './hyphen-rule.ts'
import { tokenize } from './lexer.ts'

/** Who belongs to a dynamic group. */
export interface MembershipRule {
  readonly members: 'user' | 'device'
  readonly expression: Expression
  matches(subject: RuleSubject): boolean
}

const extensionAttributes = Array.from({ length: 15 }, (_, index) => `extensionAttribute${index + 1}`)

const deviceProperties = [
  'accountEnabled',
  'deviceCategory',
  'deviceId',
  'deviceManagementAppId',
  'deviceManufacturer',
  'deviceModel',
  'deviceOSType',
  'deviceOSVersion',
  'deviceOwnership',
  'devicePhysicalIds',
  // Both spellings are in use.
  'devicePhysicalIDs',
  'deviceTrustType',
  'displayName',
  'enrollmentProfileName',
  'isRooted',
  'managementType',
  'objectId',
  'profileType',
  'systemLabels',
  ...extensionAttributes,
]

const userProperties = [
  'accountEnabled',
  'city',
  'companyName',
  'country',
  'department',
  'displayName',
  'employeeId',
  'jobTitle',
  'mail',
  'objectId',
  'otherMails',
  'preferredLanguage',
  'proxyAddresses',
  'state',
  'usageLocation',
  'userPrincipalName',
  'userType',
  ...extensionAttributes,
]

const operator = (name: HyphenDialect['operators'][string]['operator'], negated = false) => ({
  operator: name,
  negated,
})

const dialect: HyphenDialect = {
  namespaces: { device: deviceProperties, user: userProperties },
  caseSensitiveNames: true,
  operators: {
    eq: operator('eq'),
    ne: operator('ne'),
    startswith: operator('startsWith'),
    notstartswith: operator('startsWith', true),
    endswith: operator('endsWith'),
    notendswith: operator('endsWith', true),
    contains: operator('contains'),
    notcontains: operator('contains', true),
    match: operator('match'),
    notmatch: operator('match', true),
    in: operator('in'),
    notin: operator('in', true),
    le: operator('le'),
    ge: operator('ge'),
  },
  versions: new Set(['deviceOSVersion']),
  versionsOnly: false,
  collections: true,
}

const LENGTH_MAX = 3_072

/**
 * Parse the membership rule of a dynamic group. Refusals: `rule/syntax`, `rule/unknown-property`,
 * `rule/operator-not-applicable`, `rule/too-long`, `rule/too-complex`, and `rule/mixed-members` where a rule asks about
 * users and devices at once. Source: Microsoft Entra, "Dynamic membership rules".
 */
export function parseMembershipRule(text: string): Result<MembershipRule> {
  const tokens = tokenize(text, { lengthMax: LENGTH_MAX, quotes: 'escaped' })
  if (!tokens.ok) return tokens
  const members = new Set(
    tokens.value
      .flatMap((token) => (token.type === 'word' ? [/^(user|device)\./.exec(token.text)?.[1]] : []))
      .filter((name) => name !== undefined),
  )
  if (members.size > 1) return refuse('rule/mixed-members', 'a rule asks about users or about devices, not both')
  const expression = parsed(tokens.value, (cursor) => parseHyphenRule(cursor, dialect))
  if (!expression.ok) return expression
  return ok({
    members: members.has('user') ? 'user' : 'device',
    expression: expression.value,
    matches: compile(expression.value),
  })
}
