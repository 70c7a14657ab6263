import { describe, expect, it } from 'vitest'
import { intuneAccess, type RoleAssignment, type Scope } from './access.ts'
import { resourceActions } from './actions.ts'
import { builtInRoles } from './built-in-roles.ts'

const READ = 'Microsoft.Intune_ManagedDevices_Read'
const WIPE = 'Microsoft.Intune_RemoteTasks_Wipe'
const roleNamed = (name: string): string => builtInRoles.find(({ displayName }) => displayName === name)?.id ?? ''
const given = (rest: Partial<RoleAssignment>): RoleAssignment => ({
  roleDefinitionId: roleNamed('Help Desk Operator'),
  members: ['help'],
  scope: 'all',
  scopeTagIds: [],
  ...rest,
})
const access = (groupIds: readonly string[], ...assignments: readonly RoleAssignment[]) =>
  intuneAccess(groupIds, assignments, builtInRoles)

describe('access by Intune roles', () => {
  it('is nothing without an assignment', () => {
    expect(access([], given({})).may(READ)).toBe(false)
    expect(access([], given({})).actions.size).toBe(0)
  })

  it('is what the role allows', () => {
    expect(access(['help'], given({})).may(WIPE)).toBe(true)
    const reader = access(['help'], given({ roleDefinitionId: roleNamed('Read Only Operator') }))
    expect([reader.may(READ), reader.may(WIPE)]).toEqual([true, false])
  })

  it('is with objects of the tags and groups of one and the same assignment', () => {
    const north = given({ scopeTagIds: ['1'], scope: ['north'] })
    const southReader = given({
      scopeTagIds: ['2'],
      scope: ['south'],
      roleDefinitionId: roleNamed('Read Only Operator'),
    })
    const both = access(['help'], north, southReader)
    const subject = (...groupIds: readonly string[]) => ({ kinds: ['device' as const], groupIds })
    const northern = { scopeTagIds: ['1'], subject: subject('north') }
    const southern = { scopeTagIds: ['2'], subject: subject('south') }
    expect([both.mayWith(WIPE, northern), both.mayWith(WIPE, southern)]).toEqual([true, false])
    expect(both.mayWith(READ, southern)).toBe(true)
    expect(both.mayWith(READ, { scopeTagIds: ['1'], subject: subject('south') })).toBe(false)
    expect(both.mayWith(READ, { scopeTagIds: [] })).toBe(false)
    expect(access(['help'], given({ scopeTagIds: ['0'] })).mayWith(READ, { scopeTagIds: [] })).toBe(true)
  })

  it.each<[string, Scope, ('device' | 'user')[], string[], boolean]>([
    ['all', 'all', [], [], true],
    ['all devices', 'allDevices', ['device'], [], true],
    ['all devices, of users', 'allDevices', ['user'], ['north'], false],
    ['all users', 'allUsers', ['device', 'user'], [], true],
    ['a group', ['north'], ['device'], ['south', 'north'], true],
    ['a group, of everybody', ['north'], ['device', 'user'], [], false],
    ['no group', [], ['device'], ['north'], false],
  ])('is about %s', (_, scope, kinds, groupIds, expected) => {
    const found = access(['help'], given({ scope })).mayWith(WIPE, { scopeTagIds: [], subject: { kinds, groupIds } })
    expect(found).toBe(expected)
  })

  it('adds up the tags of what may be seen, and none of them stands for all', () => {
    const tags = (...assignments: readonly RoleAssignment[]) => access(['help'], ...assignments).tagsFor(READ)
    expect(tags(given({ scopeTagIds: ['1'] }), given({ scopeTagIds: ['2'] }))).toEqual(new Set(['1', '2']))
    expect(tags(given({ scopeTagIds: ['1'] }), given({}))).toBeUndefined()
    expect(tags(given({ scopeTagIds: ['1'], members: ['others'] }))).toEqual(new Set())
  })

  it('is given on only as far as it goes', () => {
    const own = access(['help'], given({ scopeTagIds: ['1', '2'], scope: ['north'] }))
    const may = (scopeTagIds: string[], scope: Scope) => own.mayGive(WIPE, { scopeTagIds, scope })
    expect([may(['1'], ['north']), may(['2'], [])]).toEqual([true, true])
    expect([may([], ['north']), may(['3'], ['north']), may(['1'], ['south']), may(['1'], 'all')]).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(access(['help'], given({})).mayGive(WIPE, { scopeTagIds: [], scope: 'allUsers' })).toBe(true)
  })

  it('knows each action of its built-in roles', () => {
    const known = new Set<string>(resourceActions.map(({ id }) => id))
    expect(builtInRoles.flatMap(({ allowed }) => allowed.filter((action) => !known.has(action)))).toEqual([])
    expect(new Set(builtInRoles.map(({ id }) => id)).size).toBe(builtInRoles.length)
  })
})
