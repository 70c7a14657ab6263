import { describe, expect, it } from 'vitest'
import { intuneAccess, type RoleAssignment, UNRESTRICTED } from './access.ts'
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
  it('is nothing without an assignment, and everything for who is not restricted', () => {
    expect(access([], given({})).may(READ)).toBe(false)
    expect(UNRESTRICTED.mayWith('anything', { scopeTagIds: [] })).toBe(true)
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
    const northern = { scopeTagIds: ['1'], groupIds: ['north'] }
    const southern = { scopeTagIds: ['2'], groupIds: ['south'] }
    expect([both.mayWith(WIPE, northern), both.mayWith(WIPE, southern)]).toEqual([true, false])
    expect(both.mayWith(READ, southern)).toBe(true)
    expect(both.mayWith(READ, { scopeTagIds: ['1'], groupIds: ['south'] })).toBe(false)
    expect(both.mayWith(READ, { scopeTagIds: [] })).toBe(false)
    expect(access(['help'], given({ scopeTagIds: ['0'] })).mayWith(READ, { scopeTagIds: [] })).toBe(true)
  })

  it('knows each action of its built-in roles', () => {
    const known = new Set<string>(resourceActions.map(({ id }) => id))
    expect(builtInRoles.flatMap(({ allowed }) => allowed.filter((action) => !known.has(action)))).toEqual([])
    expect(new Set(builtInRoles.map(({ id }) => id)).size).toBe(builtInRoles.length)
  })
})
