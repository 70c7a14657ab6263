import { entityAnswer, memoryPage } from '../collection.ts'
import { type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'

type Entity = Readonly<Record<string, unknown>>

const domainName = ({ control }: GraphRequest): string => `${control.deps.tenant}.onmicrosoft.com`

const organization = (request: GraphRequest): Entity => ({
  id: request.tenantId,
  displayName: request.control.deps.tenant,
  tenantType: 'AAD',
  mobileDeviceManagementAuthority: 'intune',
  onPremisesSyncEnabled: null,
  verifiedDomains: [
    {
      capabilities: 'Email, OfficeCommunicationsOnline',
      isDefault: true,
      isInitial: true,
      name: domainName(request),
      type: 'Managed',
    },
  ],
})

const domain = (request: GraphRequest): Entity => ({
  id: domainName(request),
  authenticationType: 'Managed',
  availabilityStatus: null,
  isAdminManaged: true,
  isDefault: true,
  isInitial: true,
  isRoot: true,
  isVerified: true,
  supportedServices: ['Email', 'OfficeCommunicationsOnline'],
})

/** A set of one, which may be asked for by its id. */
const setOfOne = (name: string, type: string, role: string, entityOf: (request: GraphRequest) => Entity) =>
  [
    {
      method: 'GET',
      path: `/${name}`,
      role,
      of: { type, many: true },
      handle: async (request) => memoryPage(request, name, [entityOf(request)]),
    },
    {
      method: 'GET',
      path: `/${name}/{id}`,
      role,
      of: { type },
      handle: async (request) => {
        const entity = entityOf(request)
        const id = request.params['id'] ?? ''
        return entityAnswer(request, name, entity['id'] === id.toLowerCase() ? entity : notFound(type, id))
      },
    },
  ] satisfies readonly GraphRoute[]

/** The tenant as the directory shows it. */
export const organizationRoutes: readonly GraphRoute[] = [
  ...setOfOne('organization', 'organization', 'Organization.Read.All', organization),
  ...setOfOne('domains', 'domain', 'Domain.Read.All', domain),
]
