import { CodedError } from '@muster/shared/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileFilter, type Entity } from './evaluate.ts'
import { parseFilter } from './filter.ts'
import { readOptions } from './options.ts'
import { parseQuery } from './query.ts'
import { typesOf } from './shape.ts'

const types = typesOf('beta')
const matches = (filter: string, entity: Entity, type?: string): boolean =>
  compileFilter(parseFilter(filter, types.shape(type), types), type)(entity)
const refusal = (parse: () => unknown): { code: string; message: string } => {
  try {
    parse()
  } catch (error) {
    if (error instanceof CodedError) return { code: error.code, message: error.message }
    throw error
  }
  return { code: 'ok', message: '' }
}

describe('a filter', () => {
  const device: Entity = {
    id: '0a1b2c3d-0000-4000-8000-000000000001',
    deviceName: "O'Brien's PC",
    complianceState: 'noncompliant',
    lastSyncDateTime: '2026-11-23T10:00:00Z',
    isEncrypted: true,
    totalStorageSpaceInBytes: 512,
    userId: null,
    usersLoggedOn: [{ userId: 'ada', lastLogOnDateTime: '2026-11-01T00:00:00Z' }, { userId: 'joe' }],
  }

  it.each([
    ["complianceState eq 'noncompliant'", true],
    ["complianceState eq microsoft.graph.complianceState'noncompliant'", true],
    ["complianceState ne 'NonCompliant' or isEncrypted eq true", true],
    ['isEncrypted', true],
    ['not isEncrypted', false],
    ["deviceName eq 'o''brien''s pc'", true],
    ["startswith(deviceName,'o''b') and not (complianceState eq 'compliant')", true],
    ["contains(deviceName, 'xyz') eq false", true],
    ["endsWith(tolower(deviceName),'PC')", true],
    ['length(deviceName) eq 12', true],
    ['lastSyncDateTime gt 2026-11-23T09:00:00Z and lastSyncDateTime le 2026-11-23T10:00:00.0000000Z', true],
    ['lastSyncDateTime ge 2026-11-23', true],
    ["lastSyncDateTime lt '2026-11-24T00:00:00+01:00'", true],
    ['year(lastSyncDateTime) eq 2026 and month(lastSyncDateTime) eq 11', true],
    ['date(lastSyncDateTime) eq 2026-11-23', true],
    ["complianceState in ('error', 'noncompliant')", true],
    ['totalStorageSpaceInBytes ge 512', true],
    ['512 le totalStorageSpaceInBytes', true],
    ['id eq 0a1b2c3d-0000-4000-8000-000000000001', true],
    ["id eq '0A1B2C3D-0000-4000-8000-000000000001'", true],
    ["usersLoggedOn/any(u:u/userId eq 'ADA')", true],
    ["usersLoggedOn/all(u:u/userId eq 'ada')", false],
    ["usersLoggedOn/any(u:u/userId eq 'ada' and u/lastLogOnDateTime gt 2026-10-01)", true],
    ['usersLoggedOn/any()', true],
    ['usersLoggedOn/$count gt 1', true],
    ['userId eq null', true],
    ["userId ne 'ada'", true],
    ["not (userId eq 'ada')", true],
    ["userId gt 'a'", false],
    ["serialNumber eq 'x'", false],
    ['azureADRegistered ne true', true],
  ])('%s is %s', (filter, expected) => {
    expect(matches(filter, device, 'managedDevice')).toBe(expected)
  })

  it.each<[string, Entity, string, boolean]>([
    ["isof('microsoft.graph.iosVppApp')", { '@odata.type': '#microsoft.graph.iosVppApp' }, 'mobileApp', true],
    ["isof('microsoft.graph.iosVppApp')", { '@odata.type': '#microsoft.graph.win32LobApp' }, 'mobileApp', false],
    ['isof(microsoft.graph.mobileApp)', { '@odata.type': '#microsoft.graph.iosVppApp' }, 'mobileApp', true],
    [
      '(microsoft.graph.managedApp/appAvailability) eq null',
      { '@odata.type': '#microsoft.graph.webApp' },
      'mobileApp',
      true,
    ],
    [
      "microsoft.graph.managedApp/appAvailability eq 'global'",
      { '@odata.type': '#microsoft.graph.managedIOSStoreApp', appAvailability: 'global' },
      'mobileApp',
      true,
    ],
    ["platforms has 'macOS'", { platforms: 'iOS,macOS' }, 'deviceManagementConfigurationPolicy', true],
    ["technologies has 'mdm'", { technologies: 'linuxMdm' }, 'deviceManagementConfigurationPolicy', false],
    ["technologies has 'mdm,linuxMdm'", { technologies: 'mdm,linuxMdm' }, 'deviceManagementConfigurationPolicy', true],
    ["groupTypes/any(c:c eq 'unified')", { groupTypes: ['Unified'] }, 'group', true],
    ["not groupTypes/any(c:c eq 'Unified')", { groupTypes: [] }, 'group', true],
    ['assignments/$count gt 0', { assignments: [{ id: 'x' }] }, 'mobileApp', true],
    [
      'members/any(m:isof(m,microsoft.graph.user))',
      { members: [{ '@odata.type': '#microsoft.graph.user' }] },
      'group',
      true,
    ],
    ["a/any(x:x/b/any(y:y eq 1 and x/c eq 'q'))", { a: [{ b: [2, 1], c: 'Q' }] }, 'nothing the model knows', true],
  ])('%s of %j as %s is %s', (filter, entity, type, expected) => {
    expect(matches(filter, entity, type)).toBe(expected)
  })

  it.each([
    [
      "deviceNam eq 'x'",
      "Could not find a property named 'deviceNam' on type 'microsoft.graph.managedDevice'. Did you mean 'deviceName'?",
    ],
    [
      "complianceState eq 'complaint'",
      "'complaint' is not a member of enumeration 'microsoft.graph.complianceState'. Did you mean 'compliant'?",
    ],
    ["complianceState gt 'compliant'", 'the operator gt does not apply'],
    ["isEncrypted eq 'yes'", "incompatible types was detected. Found operand types 'Edm.Boolean' and 'Edm.String'"],
    ['deviceName eq 5', 'incompatible types'],
    ["lastSyncDateTime gt 'yesterday'", 'expected a time'],
    ['deviceName eq', 'column 14'],
    ['deviceName', 'expected eq'],
    ["deviceName like 'x'", 'found "like"'],
    ["deviceName eq 'x", 'the text has no end'],
    ["geo.distance(a,'b') eq 1", 'unknown function'],
    ['usersLoggedOn/userId eq 1', 'use any or all'],
    ['usersLoggedOn eq 1', 'incompatible types'],
    ['deviceName/any()', 'any applies to collections only'],
    ['microsoft.graph.nothing/a eq 1', 'there is no type'],
    ['', 'found the end'],
    ['and', 'Could not find a property'],
    ['id eq 1 2', 'incompatible types'],
    [`${'('.repeat(100)}isEncrypted${')'.repeat(100)}`, 'deeper'],
    [`id in (${Array(1_100).fill("'a'").join(',')})`, 'terms'],
    ['x'.repeat(20_000), 'characters'],
  ])('%s is refused: %s', (filter, why) => {
    const { code, message } = refusal(() => parseFilter(filter, types.shape('managedDevice'), types))
    expect(code).toBe('graph/bad-query')
    expect(message).toContain(why)
  })

  it('is as true as its boolean structure', () => {
    interface Tree {
      readonly text: string
      readonly value: boolean
    }
    const leaf = fc.boolean().map((value): Tree => ({ text: `isEncrypted eq ${value}`, value }))
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        tie('tree').map(({ text, value }): Tree => ({ text: `not (${text})`, value: !value })),
        fc
          .tuple(tie('tree'), tie('tree'))
          .map(([a, b]): Tree => ({ text: `(${a.text}) and (${b.text})`, value: a.value && b.value })),
        fc
          .tuple(tie('tree'), tie('tree'))
          .map(([a, b]): Tree => ({ text: `((${a.text}) or (${b.text}))`, value: a.value || b.value })),
      ),
    }))
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        expect(matches(text, { isEncrypted: true })).toBe(value)
      }),
    )
  })
})

describe('a query', () => {
  const query = (options: Record<string, string>, type = 'deviceCompliancePolicy') =>
    parseQuery(readOptions(Object.entries(options)), types.shape(type), types)

  it('takes names in any case, with spaces and without the dollar', () => {
    const { select, orderBy, top, count } = query({
      select: 'DisplayName, version,@odata.type',
      $OrderBy: 'displayname desc,lastModifiedDateTime',
      top: '5',
      $count: 'TRUE',
      'api-version': '1',
    })
    expect([...select]).toEqual(['displayname', 'version', '@odata.type'])
    expect(orderBy.map(({ descending }) => descending)).toEqual([true, false])
    expect([top, count]).toEqual([5, true])
  })

  it('expands to any depth, each part with options of its own', () => {
    const expand =
      "scheduledActionsForRule($expand=scheduledActionConfigurations($select=actionType;$top=5);$filter=ruleName eq 'a;(b'),assignments"
    const [rules, assignments] = query({ $expand: expand }).expand
    expect([rules?.name, assignments?.name]).toEqual(['scheduledActionsForRule', 'assignments'])
    expect(rules?.query.filter).toBeDefined()
    expect(rules?.query.expand).toMatchObject([{ name: 'scheduledActionConfigurations', query: { top: 5 } }])
  })

  it.each<[Record<string, string>, string]>([
    [{ $filtr: 'x' }, "'$filtr' is not supported. Did you mean '$filter'?"],
    [{ $top: '5', top: '6' }, 'more than once'],
    [{ $top: 'many' }, 'non-negative integer'],
    [{ $top: '-1' }, 'non-negative integer'],
    [{ $skip: '1.5' }, 'non-negative integer'],
    [{ $count: 'perhaps' }, "'true' or 'false'"],
    [{ $select: 'displayNme' }, "Did you mean 'displayName'?"],
    [{ $orderby: 'assignments' }, 'simple value'],
    [{ $orderby: 'displayName upwards' }, 'expected the end'],
    [{ $expand: 'displayName' }, 'is not a navigation property'],
    [{ $expand: 'assignments($colour=red)' }, "'$colour' is not supported"],
    [{ $expand: 'assignments($top=1' }, 'does not match'],
    [{ $search: '"a' }, 'a quote has no end'],
    [{ $search: '"colour:red"' }, 'Could not find a property'],
  ])('%j is refused: %s', (options, why) => {
    const { code, message } = refusal(() => query(options))
    expect(code).toBe('graph/bad-query')
    expect(message).toContain(why)
  })

  it.each([
    ['"displayName:laptops"', true],
    ['"displayName:lap"', true],
    ['"displayName:tops"', false],
    ['"displayName:sales lap" AND "description:north"', true],
    ['"displayName:nothing" OR ("description:NORTH" AND sales)', true],
    ['NOT "displayName:sales"', false],
    ['north', true],
  ])('searches words by their beginning: %s is %s', (search, expected) => {
    const entity = { displayName: 'Sales laptops', description: 'in the north' }
    expect(query({ $search: search }).search?.(entity)).toBe(expected)
  })

  it('takes any text for what it is, and soon', () => {
    const words = [
      ...[
        'eq',
        'and',
        'or',
        'not',
        'in',
        'has',
        '(',
        ')',
        '/',
        ',',
        ':',
        ';',
        '=',
        "'",
        '"',
        '*',
        '$',
        'null',
        '$count',
      ],
      ...['displayName', 'assignments', 'any(', 'all(a:', 'isof(', 'microsoft.graph.user', '2026-01-01', '1e999', ' '],
      ...['startswith(', 'tolower(', '$filter=', '$expand=', 'a', '__proto__', 'constructor', 'toString'],
    ]
    const soup = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join('')),
      fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(' ')),
      fc
        .tuple(fc.constantFrom('(', 'not ', "'", 'a/any(a:', 'assignments($expand='), fc.nat({ max: 3_000 }))
        .map(([part, times]) => part.repeat(times)),
    )
    const names = fc.constantFrom('$filter', '$orderby', '$select', '$expand', '$search', '$top')
    fc.assert(
      fc.property(names, soup, fc.boolean(), (name, text, isTyped) => {
        const { code } = refusal(() => {
          const { filter, search } = query({ [name]: text }, isTyped ? 'deviceCompliancePolicy' : '')
          if (filter) compileFilter(filter)({ displayName: 'x', assignments: [{}, 1, null] })
          search?.({ displayName: 'x' })
        })
        expect(['ok', 'graph/bad-query']).toContain(code)
      }),
      { numRuns: 3_000 },
    )
  })
})
