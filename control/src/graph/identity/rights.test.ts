import { SIMULATION_ROLE } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { graphRoles } from '../routes.ts'
import { effectivePermissions, GLOBAL_ADMINISTRATOR } from './directory-roles.ts'
import { covers, permissions } from './permissions.ts'

const GLOBAL_READER = 'f2ef992c-3afb-46b9-b7cf-a126ee74c451'
const INTUNE_ADMINISTRATOR = '3a2c62db-5318-420d-8d74-23affee5d9d5'

describe('permissions', () => {
  it('are all that routes ask for, each with ids of its own', () => {
    const values = permissions.map(({ value }) => value)
    expect(graphRoles.filter((role) => !values.includes(role))).toEqual([])
    expect(values).toContain(SIMULATION_ROLE)
    const ids = permissions.flatMap(({ roleId, scopeId }) => [roleId, scopeId])
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))).toEqual([])
  })

  it.each([
    ['User.ReadWrite.All', 'User.Read.All', true],
    ['User.Read.All', 'User.ReadWrite.All', false],
    ['Directory.Read.All', 'Group.Read.All', true],
    ['Directory.ReadWrite.All', 'Group.ReadWrite.All', true],
    ['Directory.ReadWrite.All', 'DeviceManagementApps.Read.All', false],
    ['User.Read', 'User.Read.All', false],
  ])('%s covers %s: %s', (held, wanted, isCovered) => {
    expect(covers(new Set([held]), wanted)).toBe(isCovered)
  })
})

describe('for a user an application may do', () => {
  const may = (scopes: readonly string[], roles: readonly string[], wanted: string): boolean =>
    covers(effectivePermissions(scopes, roles), wanted)
  const DEVICES = 'DeviceManagementManagedDevices'

  it.each([
    [
      'no more than its scopes, whoever the user is',
      [GLOBAL_ADMINISTRATOR],
      ['User.Read.All'],
      `${DEVICES}.Read.All`,
      false,
    ],
    ['no more than the user', [], [`${DEVICES}.ReadWrite.All`], `${DEVICES}.Read.All`, false],
    ['what both have', [INTUNE_ADMINISTRATOR], [`${DEVICES}.ReadWrite.All`], `${DEVICES}.ReadWrite.All`, true],
    [
      'what is left to read of a scope to write',
      [GLOBAL_READER],
      [`${DEVICES}.ReadWrite.All`],
      `${DEVICES}.Read.All`,
      true,
    ],
    ['not what a reader would write', [GLOBAL_READER], [`${DEVICES}.ReadWrite.All`], `${DEVICES}.ReadWrite.All`, false],
    ['what every member may: read the directory', [], ['Directory.Read.All'], 'Group.Read.All', true],
    ['nothing for a role that is none', ['x'], [`${DEVICES}.Read.All`], `${DEVICES}.Read.All`, false],
  ])('%s', (_, roles, scopes, wanted, expected) => {
    expect(may(scopes, roles, wanted)).toBe(expected)
  })
})
