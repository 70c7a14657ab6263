import { ok, type Result } from '@muster/shared/core'
import { parsed } from './cursor.ts'
import { compile } from './evaluate.ts'
import type { RuleSubject } from './expression.ts'
import { type HyphenDialect, parseHyphenRule } from './hyphen-rule.ts'
import { tokenize } from './lexer.ts'

const properties = [
  'deviceId',
  'displayName',
  'deviceOwnership',
  'enrollmentProfileName',
  'isCompliant',
  'manufacturer',
  'mdmAppId',
  'model',
  'operatingSystem',
  'operatingSystemVersion',
  'physicalIds',
  'profileType',
  'systemLabels',
  'trustType',
  ...Array.from({ length: 15 }, (_, index) => `extensionAttribute${index + 1}`),
]

const plain = (operator: HyphenDialect['operators'][string]['operator']) => ({ operator, negated: false })
const negated = (operator: HyphenDialect['operators'][string]['operator']) => ({ operator, negated: true })

const dialect: HyphenDialect = {
  namespaces: { device: properties },
  caseSensitiveNames: false,
  operators: {
    eq: plain('eq'),
    ne: plain('ne'),
    startswith: plain('startsWith'),
    notstartswith: negated('startsWith'),
    endswith: plain('endsWith'),
    notendswith: negated('endsWith'),
    contains: plain('contains'),
    notcontains: negated('contains'),
    in: plain('in'),
    notin: negated('in'),
  },
  versions: new Set(),
  versionsOnly: false,
  collections: true,
}

const LENGTH_MAX = 3_072

/**
 * The device filter of a conditional access policy: `device.isCompliant -ne True or device.trustType -eq "ServerAD"`.
 * Refusals: `rule/syntax`, `rule/unknown-property`, `rule/operator-not-applicable`, `rule/too-long`. Source: Microsoft Entra,
 * "Conditional Access: Filter for devices".
 */
export function parseDeviceFilter(text: string): Result<{ matches(device: RuleSubject): boolean }> {
  const tokens = tokenize(text, { lengthMax: LENGTH_MAX })
  if (!tokens.ok) return tokens
  const expression = parsed(tokens.value, (cursor) => parseHyphenRule(cursor, dialect))
  return expression.ok ? ok({ matches: compile(expression.value) }) : expression
}
