import { CodedError } from '@muster/shared/core'
import { entityModel, type StructuredType } from './model/entity-model.ts'
import { roots, singletons } from './model/scope.ts'
import { readPath, type Segment } from './odata/path.ts'
import type { Resolved } from './odata/resolve.ts'
import type { Types } from './odata/shape.ts'

/** Sets and singletons of Graph that belong to other products. */
const elsewhere: ReadonlySet<string> = new Set(
  `accessReviewDecisions accessReviews agentRegistry agentUsers app appCatalogs approvalWorkflowProviders auditEvents authenticationMethodConfigurations
   authenticationMethodsPolicy bitlocker businessFlowTemplates certificateBasedAuthConfiguration chats communications compliance
   connections copilot dataClassification dataPolicyOperations deviceLocalCredentials domainDnsRecords drive drives education
   employeeExperience external filterOperators financials functions governanceResources groupLifecyclePolicies groupSettingTemplates
   groupSettings identityGovernance identityProtection identityProviders invitations localizations messageEvents messageRecipients
   monitoring networkAccess onPremisesPublishingProfiles permissionGrants places planner print
   privacy privilegedAccess privilegedApproval privilegedOperationEvents privilegedRoles riskDetections riskyUsers
   schemaExtensions scopedRoleMemberships search security settings shares sites solutions storage teams teamsTemplates
   teamwork tenantRelationships termStore threatSubmission trustFramework workbooks`.split(/\s+/),
)
const elsewhereFolded: ReadonlySet<string> = new Set([...elsewhere].map((name) => name.toLowerCase()))

/** What users, groups and devices have of other products; the model leaves it out. */
const neighbours: ReadonlySet<string> = new Set(
  `activities adhoccalls analytics calendar calendargroups calendars calendarview chats cloudclipboard cloudpcs communications
   contactfolders contacts conversations copilot datasecurityandgovernance drive drives employeeexperience events
   followedsites inferenceclassification informationprotection insights joinedteams mailboxsettings mailfolders messages onenote
   onlinemeetings outlook people photo photos planner presence print profile security settings sites solutions sponsors
   team teamwork threads todo usagerights virtualevents`.split(/\s+/),
)

/** How functions are called; they are not in the model, and are told from misspelt properties by this. */
const FUNCTION = /^(get|retrieve|find|verify|has|is|compare|list|scoped|delta|filterByCurrentUser|microsoft\.graph\.)/i

/**
 * Why a path that nothing serves is refused: it is one of Graph that Muster does not serve (501), or it has a segment that
 * Graph does not know (400), as far as the model tells.
 */
export function unserved(method: string, path: string): CodedError {
  const unknown = unknownSegment(method, readPath(path))
  if (unknown !== undefined)
    return new CodedError('graph/bad-query', `Resource not found for the segment '${unknown.slice(0, 64)}'.`)
  return new CodedError('graph/not-served', `Muster does not serve ${method} ${path} yet.`)
}

function unknownSegment(method: string, [first, ...rest]: readonly Segment[]): string | undefined {
  if (!first) return undefined
  const root = Object.keys(roots).find((name) => name.toLowerCase() === first.text.toLowerCase())
  if (root === undefined) return elsewhereFolded.has(first.text.toLowerCase()) ? undefined : first.text
  let at: Place = { type: entityModel('beta').type(roots[root] ?? ''), isSet: !singletons.has(root) && !first.named }
  for (const [index, segment] of rest.entries()) {
    const next = step(at, segment)
    if (!next) return isOperation(method, segment, index === rest.length - 1) ? undefined : segment.text
    if (!next.type) return undefined
    at = next
  }
  return undefined
}

/** Where a path has come to; nowhere that the model knows when there is no type. */
interface Place {
  readonly type: StructuredType | undefined
  readonly isSet: boolean
}

function step({ type, isSet }: Place, { kind, text, named }: Segment): Place | undefined {
  if (text.startsWith('$')) return { type: undefined, isSet: false }
  const model = entityModel('beta')
  const cast = /^(microsoft\.)?graph\./i.test(text) ? model.type(text.replace(/^graph\./i, '')) : undefined
  if (cast) return { type: cast, isSet }
  if (isSet) return { type, isSet: false }
  if (kind === 'key') return undefined
  if (neighbours.has(text.toLowerCase()) && type && people.has(type.name)) return { type: undefined, isSet: false }
  const property = type && (type.property(text) ?? inDerived(type, text))
  if (!property) return undefined
  const target = property.type.kind === 'primitive' ? undefined : model.type(property.type.name)
  return { type: target, isSet: property.collection && property.navigation && !named }
}

function inDerived(type: StructuredType, name: string) {
  for (const derived of type.derived) {
    const property = entityModel('beta').type(derived)?.property(name)
    if (property) return property
  }
  return undefined
}

const people: ReadonlySet<string> = new Set(['user', 'group', 'device', 'servicePrincipal'])

/** Actions are asked for with POST, at the end; what is called with parameters, or by a verb, is a function. */
const isOperation = (method: string, { text, named }: Segment, isLast: boolean): boolean =>
  (method === 'POST' && isLast) || named !== undefined || FUNCTION.test(text)

/** Whether the end of a path is no property of what the rest of it leads to, or one that leads to other entities. */
export function leadsNowhere({ route, cast, tail }: Resolved, types: Types): boolean {
  if (tail?.kind !== 'property') return false
  const [name = ''] = tail.path
  const shape = types.shape(cast ?? route.of?.type, route.of?.extras)
  const property = shape.property(name)
  return property ? property.navigation : !shape.allows(name)
}
