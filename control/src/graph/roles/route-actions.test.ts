import { RemoteActionName } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { resourceActions } from '../../domain/intune-roles/actions.ts'
import { entityModel } from '../model/entity-model.ts'
import { graphRoutes } from '../routes.ts'
import { actionsOf, readingFor, remoteTaskAction } from './route-actions.ts'

const known: ReadonlySet<string> = new Set(resourceActions.map(({ id }) => id))

describe('what routes ask of roles', () => {
  it('is told for every route that Intune serves', () => {
    const served = graphRoutes.filter(
      ({ role, path }) => /^DeviceManagement/.test(role) || /^\/device(App)?Management/.test(path),
    )
    const unmapped = served.filter((route) => actionsOf(route) === undefined)
    expect(unmapped.map(({ method, path }) => `${method} ${path}`)).toEqual([])
    expect(served.length).toBeGreaterThan(80)
    for (const route of served) for (const action of actionsOf(route) ?? []) expect(known).toContain(action)
  })

  it.each(['deviceManagement', 'deviceAppManagement'])(
    'is told for reading every collection of %s in the model',
    (root) => {
      const properties =
        entityModel('beta')
          .type(root)
          ?.properties.filter(({ navigation }) => navigation) ?? []
      const paths = properties.map(({ name }) => `/${root}/${name}`)
      expect(paths.filter((path) => actionsOf({ method: 'GET', path }) === undefined)).toEqual([])
      expect(paths.length).toBeGreaterThan(20)
    },
  )

  it.each([
    ['GET', 'deviceManagement/managedDevices', 'ManagedDevices_Read'],
    ['GET', 'deviceManagement/managedDevices/{id}/deviceConfigurationStates', 'ManagedDevices_Read'],
    ['PATCH', 'deviceManagement/managedDevices/{id}', 'ManagedDevices_Update'],
    ['DELETE', 'deviceManagement/managedDevices/{id}', 'ManagedDevices_Delete'],
    ['POST', 'deviceManagement/managedDevices/{id}/wipe', 'RemoteTasks_Wipe'],
    ['POST', 'users/{id}/managedDevices/{deviceId}/wipe', 'RemoteTasks_Wipe'],
    ['DELETE', 'users/{id}/managedDevices/{deviceId}', 'ManagedDevices_Delete'],
    ['POST', 'deviceManagement/deviceCompliancePolicies', 'DeviceCompliancePolices_Create'],
    ['POST', 'deviceManagement/configurationPolicies/{id}/assign', 'DeviceConfigurations_Assign'],
    ['POST', 'deviceManagement/windowsAutopilotDeploymentProfiles/{}/assignments', 'EnrollmentProgramToken_Update'],
    ['DELETE', 'deviceManagement/deviceShellScripts/{}/assignments/{id}', 'DeviceConfigurations_Assign'],
    ['GET', 'deviceManagement/deviceConfigurations/{id}/deviceStatuses', 'DeviceConfigurations_ViewReports'],
    ['POST', 'deviceManagement/assignmentFilters/validateFilter', 'AssignmentFilter_Read'],
    ['POST', 'deviceAppManagement/mobileApps/{}/contentVersions', 'MobileApps_Update'],
    ['POST', 'deviceManagement/roleAssignments', 'Roles_Assign'],
    ['PATCH', 'deviceManagement', 'Organization_Update'],
  ])('%s /%s: %s', (method, path, action) => {
    expect(actionsOf({ method, path: `/${path}` })).toEqual([`Microsoft.Intune_${action}`])
  })

  it('is nothing that anybody has where no role speaks of it', () => {
    expect(actionsOf({ method: 'GET', path: '/deviceManagement/colours' })).toBeUndefined()
    expect(actionsOf({ method: 'DELETE', path: '/deviceManagement/auditEvents/{id}' })).toBeUndefined()
  })

  it('is a right of its own for every remote action', () => {
    for (const name of RemoteActionName.options) expect(known).toContain(remoteTaskAction(name))
    expect(readingFor(remoteTaskAction('wipe'))).toBe('Microsoft.Intune_ManagedDevices_Read')
    expect(readingFor('Microsoft.Intune_MobileApps_Assign')).toBe('Microsoft.Intune_MobileApps_Read')
  })
})
