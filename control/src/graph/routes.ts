import { appBehaviours } from './apps/app-content.ts'
import { autopilotBehaviours } from './autopilot/autopilot-identities.ts'
import type { GraphRoute } from './graph-request.ts'
import { exportJobRoutes } from './reports/export-jobs.ts'
import { reportActionRoutes } from './reports/report-actions.ts'
import { accessEvaluationRoutes } from './resources/access-evaluation.ts'
import { appRegistrationRoutes } from './resources/app-registrations.ts'
import { applicationRoutes } from './resources/applications.ts'
import { assignmentFilterRoutes } from './resources/assignment-filters.ts'
import { auditEventRoutes } from './resources/audit-events.ts'
import { catalogueRoutes } from './resources/catalogue.ts'
import { detectedAppRoutes } from './resources/detected-apps.ts'
import { deviceCategoryRoutes } from './resources/device-categories.ts'
import { deviceSummaryRoutes } from './resources/device-summaries.ts'
import { directoryDeltaRoutes } from './resources/directory-delta.ts'
import { directoryDeviceWriteRoutes } from './resources/directory-device-writes.ts'
import { directoryDeviceRoutes } from './resources/directory-devices.ts'
import { directoryGrantRoutes } from './resources/directory-grants.ts'
import { directoryMembershipRoutes } from './resources/directory-memberships.ts'
import { directoryObjectRoutes } from './resources/directory-objects.ts'
import { directoryRoleRoutes } from './resources/directory-roles.ts'
import { enrolmentRestrictionRoutes } from './resources/enrolment-restrictions.ts'
import { groupMemberRoutes } from './resources/group-members.ts'
import { groupRoutes } from './resources/groups.ts'
import { licenceRoutes } from './resources/licences.ts'
import { logCollectionRoutes } from './resources/log-collections.ts'
import { managedDevicePartRoutes } from './resources/managed-device-parts.ts'
import { managedDeviceWriteRoutes } from './resources/managed-device-writes.ts'
import { managedDeviceRoutes } from './resources/managed-devices.ts'
import { notificationTemplateRoutes } from './resources/notification-templates.ts'
import { organizationRoutes } from './resources/organization.ts'
import { policyRoutes } from './resources/policies.ts'
import { principalEndpointRoutes } from './resources/principal-endpoints.ts'
import { retireListRoutes } from './resources/retire-list.ts'
import { servicePrincipalRoutes } from './resources/service-principals.ts'
import { signInRoutes } from './resources/sign-ins.ts'
import { subscriptionRoutes } from './resources/subscriptions.ts'
import { tenantRoutes } from './resources/tenant.ts'
import { tenantObjectRoutes } from './resources/tenant-objects.ts'
import { userDeviceRoutes } from './resources/user-devices.ts'
import { userRoutes } from './resources/users.ts'
import { roleFunctionRoutes } from './roles/role-functions.ts'
import { roleBehaviours } from './roles/role-objects.ts'
import { unifiedRoleRoutes } from './roles/unified-roles.ts'
import { storedRoles } from './stored/areas.ts'
import type { StoredBehaviour } from './stored/behaviour.ts'

/** All that Graph serves, v1.0 and beta alike. */
export const graphRoutes: readonly GraphRoute[] = [
  ...accessEvaluationRoutes,
  ...appRegistrationRoutes,
  ...applicationRoutes,
  ...assignmentFilterRoutes,
  ...auditEventRoutes,
  ...catalogueRoutes,
  ...directoryDeltaRoutes,
  ...directoryDeviceRoutes,
  ...directoryGrantRoutes,
  ...directoryMembershipRoutes,
  ...directoryObjectRoutes,
  ...directoryRoleRoutes,
  ...enrolmentRestrictionRoutes,
  ...exportJobRoutes,
  ...groupMemberRoutes,
  ...groupRoutes,
  ...managedDeviceRoutes,
  ...notificationTemplateRoutes,
  ...policyRoutes,
  ...reportActionRoutes,
  ...retireListRoutes,
  ...roleFunctionRoutes,
  ...servicePrincipalRoutes,
  ...subscriptionRoutes,
  ...signInRoutes,
  ...tenantRoutes,
  ...directoryDeviceWriteRoutes,
  ...licenceRoutes,
  ...organizationRoutes,
  ...userDeviceRoutes,
  ...detectedAppRoutes,
  ...deviceCategoryRoutes,
  ...deviceSummaryRoutes,
  ...managedDevicePartRoutes,
  ...logCollectionRoutes,
  ...managedDeviceWriteRoutes,
  ...tenantObjectRoutes,
  ...unifiedRoleRoutes,
  ...principalEndpointRoutes,
  ...userRoutes,
]

/** What happens to kept objects besides being kept. */
export const storedBehaviours: readonly StoredBehaviour[] = [
  ...appBehaviours,
  ...autopilotBehaviours,
  ...roleBehaviours,
]

/** Every application role that some route asks for. */
export const graphRoles: readonly string[] = [...new Set([...graphRoutes.map(({ role }) => role), ...storedRoles])]
