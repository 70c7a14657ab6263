import { z } from 'zod'
import { transitiveGroupsOf } from '../../app/memberships.ts'
import {
  type AccessPolicy,
  evaluatePolicies,
  type NamedLocation,
  type SignIn,
} from '../../domain/conditional-access/index.ts'
import { badBody, parseBody } from '../body.ts'
import { memoryPage } from '../collection.ts'
import type { GraphAnswer, GraphRequest, GraphRoute } from '../graph-request.ts'
import { directoryRolesOf } from '../identity/held-roles.ts'
import { completeEntity } from '../model/complete-entity.ts'
import { entityModel } from '../model/entity-model.ts'

const name = z.string().max(200)
const optional = name.nullish()

const Asked = z.object({
  signInIdentity: z.object({
    '@odata.type': name.optional(),
    userId: optional,
    servicePrincipalId: optional,
  }),
  signInContext: z.object({
    '@odata.type': name.optional(),
    includeApplications: z.array(name).max(100).optional(),
    userAction: optional,
    authenticationContextValue: optional,
    authenticationContext: optional,
  }),
  signInConditions: z
    .object({
      devicePlatform: optional,
      clientAppType: optional,
      signInRiskLevel: optional,
      userRiskLevel: optional,
      servicePrincipalRiskLevel: optional,
      insiderRiskLevel: optional,
      country: optional,
      ipAddress: optional,
      deviceInfo: z
        .record(name, z.union([z.string().max(300), z.boolean(), z.array(z.string().max(300)).max(100), z.null()]))
        .nullish(),
      authenticationFlow: z.object({ transferMethod: optional }).nullish(),
    })
    .prefault({}),
  appliedPoliciesOnly: z.boolean().nullish(),
})
type Asked = z.infer<typeof Asked>

const given = <K extends string>(key: K, value: string | null | undefined): { readonly [Name in K]?: string } =>
  value === null || value === undefined || value === '' ? {} : ({ [key]: value } as { [Name in K]: string })

/** Who signs in: a user of the directory with their groups, or a service principal. */
async function whoOf({ control }: GraphRequest, { signInIdentity }: Asked): Promise<SignIn['who']> {
  const { userId, servicePrincipalId } = signInIdentity
  if (servicePrincipalId) return { kind: 'servicePrincipal', id: servicePrincipalId }
  if (!userId) return badBody('a userId or a servicePrincipalId was expected', 'signInIdentity.userId')
  const { users, groups } = control.deps.store
  const user = (await users.get(userId)) ?? badBody(`there is no user ${userId}`, 'signInIdentity.userId')
  return {
    kind: 'user',
    id: user.id,
    groupIds: (await transitiveGroupsOf({ groups }, [user.id])).get(user.id) ?? [],
    roleIds: await directoryRolesOf(control.deps.store, user.id),
  }
}

function whatOf({ signInContext }: Asked): SignIn['what'] {
  const { includeApplications, userAction } = signInContext
  const value = signInContext.authenticationContextValue ?? signInContext.authenticationContext
  if (userAction) return { kind: 'userAction', action: userAction }
  if (value) return { kind: 'authenticationContext', value }
  if (!includeApplications?.length) badBody('applications, a user action or a context was expected', 'signInContext')
  return { kind: 'applications', ids: includeApplications ?? [] }
}

/** What If: which policies would apply to a sign-in, and why the others do not. Nothing is changed or enforced. */
const evaluate = async (request: GraphRequest): Promise<GraphAnswer> => {
  const asked = parseBody(Asked, request.body)
  const { objects } = request.control.deps.store
  const conditions = asked.signInConditions
  const { ownership, ...device } = conditions.deviceInfo ?? {}
  const signIn: SignIn = {
    who: await whoOf(request, asked),
    what: whatOf(asked),
    ...given('platform', conditions.devicePlatform),
    ...given('clientAppType', conditions.clientAppType),
    ...given('ipAddress', conditions.ipAddress),
    ...given('country', conditions.country),
    ...given('signInRisk', conditions.signInRiskLevel),
    ...given('userRisk', conditions.userRiskLevel),
    ...given('servicePrincipalRisk', conditions.servicePrincipalRiskLevel),
    ...given('insiderRisk', conditions.insiderRiskLevel),
    ...given('transferMethod', conditions.authenticationFlow?.transferMethod),
    ...(conditions.deviceInfo ? { device: { ...device, deviceOwnership: ownership ?? null } } : {}),
  }
  const [policies, locations] = await Promise.all([
    objects.list('identity/conditionalAccess/policies'),
    objects.list('identity/conditionalAccess/namedLocations'),
  ])
  // Both were checked against the model when they were written.
  const verdicts = evaluatePolicies(
    policies as unknown as readonly AccessPolicy[],
    locations as unknown as readonly NamedLocation[],
    signIn,
  )
  const model = entityModel(request.version)
  return memoryPage(
    request,
    'Collection(microsoft.graph.whatIfAnalysisResult)',
    verdicts
      .filter(({ applies }) => applies || asked.appliedPoliciesOnly !== true)
      .map(({ policy, applies, reason }) => ({
        ...completeEntity(model, 'whatIfAnalysisResult', policy as unknown as Readonly<Record<string, unknown>>),
        policyApplies: applies,
        analysisReasons: reason,
      })),
  )
}

export const accessEvaluationRoutes: readonly GraphRoute[] = [
  { method: 'POST', path: '/identity/conditionalAccess/evaluate', role: 'Policy.Read.All', handle: evaluate },
]
