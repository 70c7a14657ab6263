import { ok, type Result, refuse } from '@muster/shared/core'
import { parsed } from './cursor.ts'
import { compile } from './evaluate.ts'
import type { Expression, RuleSubject } from './expression.ts'
import { type HyphenDialect, parseHyphenRule } from './hyphen-rule.ts'
import { type Token, tokenize } from './lexer.ts'

/** Who belongs to a dynamic group. */
export interface MembershipRule {
  readonly members: 'user' | 'device'
  readonly expression: Expression
  /** Groups whose members it asks for. */
  readonly memberOf: readonly string[]
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
  // Both spellings are in use.
  'memberOf',
  'memberof',
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
  'memberOf',
  'memberof',
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
  memberNames: { memberOf: 'group.objectId', memberof: 'group.objectId' },
}

const LENGTH_MAX = 3_072

/**
 * Parse the membership rule of a dynamic group. Refusals: `rule/syntax`, `rule/unknown-property`,
 * `rule/operator-not-applicable`, `rule/too-long`, `rule/too-complex`, and `rule/mixed-members` where a rule asks about
 * users and devices at once. `user.memberof -any (group.objectId -in ['id'])` asks for members of other groups,
 * `Direct Reports for "id"` for those whom somebody manages. Source: Microsoft Entra, "Dynamic membership rules".
 */
export function parseMembershipRule(text: string): Result<MembershipRule> {
  const tokens = tokenize(text, { lengthMax: LENGTH_MAX })
  if (!tokens.ok) return tokens
  if (isAboutReports(tokens.value)) return directReports(tokens.value)
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
    memberOf: groupsAskedFor(expression.value),
    matches: compile(expression.value),
  })
}

/** `Direct Reports for "id"` is a rule of its own kind, and stands alone. */
const isAboutReports = (tokens: readonly Token[]): boolean =>
  tokens
    .slice(0, 2)
    .map(({ type, text }) => (type === 'word' ? text.toLowerCase() : ''))
    .join(' ') === 'direct reports'

function directReports(tokens: readonly Token[]): Result<MembershipRule> {
  const [, , of, manager, end] = tokens
  const stranger =
    of?.type !== 'word' || of.text.toLowerCase() !== 'for' ? of : manager?.type === 'string' ? end : manager
  if (manager?.type !== 'string' || stranger?.type !== 'end') {
    const { column } = stranger ?? { column: 1 }
    const message = `column ${column}: expected Direct Reports for "the id of a user", and nothing else`
    return refuse('rule/syntax', message, String(column))
  }
  const expression: Expression = {
    kind: 'comparison',
    property: 'managerId',
    operator: 'eq',
    value: { type: 'string', value: manager.text },
  }
  return ok({ members: 'user', expression, memberOf: [], matches: compile(expression) })
}

function groupsAskedFor(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.flatMap(groupsAskedFor)
    case 'not':
      return groupsAskedFor(expression.operand)
    case 'any':
    case 'all':
      return expression.property.toLowerCase() === 'memberof' ? literalsOf(expression.condition) : []
    default:
      return []
  }
}

function literalsOf(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.flatMap(literalsOf)
    case 'not':
      return literalsOf(expression.operand)
    case 'in':
      return expression.values.map(({ value }) => String(value))
    case 'comparison':
      return [String(expression.value.value)]
    default:
      return []
  }
}
