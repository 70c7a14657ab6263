import { type GraphPolicyType, graphPolicyTypes, type PolicyKind, type SettingValue } from '@muster/shared/contracts'
import { z } from 'zod'
import { checkSettings, definitionsFor } from '../../domain/check-settings.ts'
import type { SettingDefinition } from '../../domain/management/management.ts'
import type { Policy, ScheduledAction } from '../../domain/model.ts'
import { badBody, objectBody, parseBody } from '../body.ts'
import { orRefuse } from '../graph-request.ts'
import { entityModel } from '../model/entity-model.ts'
import { type EntityValue, readEntity } from '../model/read-entity.ts'
import { furtherOf } from '../written.ts'
import { readScheduledActions } from './scheduled-actions.ts'
import { platformValue } from './setting-words.ts'

type Entity = Readonly<Record<string, unknown>>

/** What a write says of a policy; absent parts stay as they are. */
export interface PolicyWrite {
  readonly type: GraphPolicyType
  readonly name?: string
  readonly description?: string
  readonly settings?: Readonly<Record<string, SettingValue>>
  /** Settings that are taken away. */
  readonly unset: readonly string[]
  /** All that Graph has beside, as it is after the write. */
  readonly further?: EntityValue | undefined
  readonly scheduledActions?: readonly Omit<ScheduledAction, 'id'>[]
}

/** Types of policies of typed resources, and those of catalogue policies. */
const declared: Readonly<Record<string, string>> = {
  deviceCompliancePolicies: 'deviceCompliancePolicy',
  deviceConfigurations: 'deviceConfiguration',
  compliancePolicies: 'deviceManagementCompliancePolicy',
  configurationPolicies: 'deviceManagementConfigurationPolicy',
}

/** Properties that have a place of their own, or are worked out. */
const acted: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'name',
  'displayName',
  'description',
  'version',
  'createdDateTime',
  'lastModifiedDateTime',
  'roleScopeTagIds',
  'scheduledActionsForRule',
  'assignments',
  'platforms',
  'technologies',
  'settings',
  'settingCount',
  'isAssigned',
])

/**
 * Read the body of a POST, or of a PATCH on `before`. Settings are what devices are told; every other property that the
 * type has in Graph is checked against the model and kept. Throws coded errors: `graph/bad-body`, `policy/bad-value`.
 */
export function readPolicy(resource: string, body: unknown, before?: Policy): PolicyWrite {
  const entity = objectBody(body)
  const isCatalog = resource === 'compliancePolicies' || resource === 'configurationPolicies'
  const type = isCatalog ? catalogType(resource, entity, before) : typedType(resource, entity, before)
  const { settings, unset, rest } = isCatalog
    ? { settings: catalogSettings(type, entity), unset: [], rest: withoutCatalog(entity) }
    : typedParts(type, entity)
  const typeName = isCatalog ? (declared[resource] ?? '') : type.type
  const read = readEntity(entityModel('beta'), typeName, rest, { mode: before ? 'patch' : 'create' })
  const name = textOf(read, isCatalog ? 'name' : 'displayName')
  const description = textOf(read, 'description')
  if (!before && (name === undefined || name === ''))
    badBody('a policy needs a name', isCatalog ? 'name' : 'displayName')
  const actions =
    type.kind === 'compliance' ? readScheduledActions(entity, before !== undefined || isCatalog) : undefined
  return {
    type,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(settings ? { settings: orRefuse(checkSettings(type.kind, type.platforms, settings)) } : {}),
    unset,
    further: furtherOf(before?.further, read, acted),
    ...(actions ? { scheduledActions: actions } : {}),
  }
}

/**
 * The type of a typed policy: one whose settings devices are told, or another one of Graph's, which is kept and reaches no
 * device.
 */
function typedType(resource: string, entity: Entity, before: Policy | undefined): GraphPolicyType {
  const base = declared[resource] ?? ''
  const named = entity['@odata.type'] ?? before?.graphType
  // It refuses what is no such type in Graph's own words, and a type that is missing.
  readEntity(entityModel('beta'), base, named === undefined ? {} : { '@odata.type': named }, { mode: 'create' })
  const type = `#microsoft.graph.${entityModel('beta').type(String(named))?.name}`
  if (before && type !== before.graphType) badBody('the @odata.type of a policy cannot be changed', '@odata.type')
  const kind: PolicyKind = resource === 'deviceCompliancePolicies' ? 'compliance' : 'configuration'
  const known = graphPolicyTypes.find((each) => each.resource === resource && each.type === type)
  return known ?? { kind, platforms: [], resource: resource as GraphPolicyType['resource'], type }
}

function catalogType(resource: string, entity: Entity, before: Policy | undefined): GraphPolicyType {
  const named = entity['platforms'] ?? before?.graphType
  const known = graphPolicyTypes.filter((type) => type.resource === resource)
  const type = known.find((candidate) => candidate.type === named)
  if (!type) badBody(`platforms must be one of ${known.map((candidate) => candidate.type).join(', ')}`, 'platforms')
  if (before && type.type !== before.graphType) badBody('the platforms of a policy cannot be changed', 'platforms')
  return type
}

/** Platforms and settings of a catalogue policy are read by themselves: the catalogue is Muster's own. */
const withoutCatalog = ({ platforms: _platforms, settings: _settings, ...rest }: Entity): Entity => rest

function textOf(entity: Entity, property: string): string | undefined {
  const value = entity[property]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || value.length > 1_000)
    badBody(`${property} must be a text of at most 1000 characters`, property)
  return value
}

/** Words of Graph for a choice that nobody has made. */
const UNSET: ReadonlySet<unknown> = new Set([null, 'notConfigured', 'deviceDefault', 'unavailable', 'userDefined'])

function isUnset({ value: wanted }: SettingDefinition, value: unknown): boolean {
  if (!UNSET.has(value)) return false
  return value === null || wanted.type !== 'choice' || !wanted.choices.includes(String(value))
}

/** The settings in the body of a typed policy, and what else is in it. */
function typedParts(type: GraphPolicyType, entity: Entity) {
  const definitions = new Map(definitionsFor(type.kind, type.platforms).map((each) => [each.name, each]))
  const settings: Record<string, unknown> = {}
  const unset: string[] = []
  const rest: Record<string, unknown> = { '@odata.type': type.type }
  for (const [name, value] of Object.entries(entity)) {
    const definition = definitions.get(name)
    if (!definition) rest[name] = name === '@odata.type' ? type.type : value
    else if (isUnset(definition, platformValue(name, value))) unset.push(name)
    else settings[name] = platformValue(name, value)
  }
  return { settings, unset, rest }
}

const InstanceShape = z.object({
  settingInstance: z.looseObject({
    settingDefinitionId: z.string().min(1).max(300),
    simpleSettingValue: z.looseObject({ value: z.union([z.string(), z.number(), z.boolean()]) }).optional(),
    choiceSettingValue: z.looseObject({ value: z.string() }).optional(),
    simpleSettingCollectionValue: z.array(z.looseObject({ value: z.string() })).optional(),
  }),
})

function catalogSettings(type: GraphPolicyType, entity: Entity): Record<string, unknown> | undefined {
  if (entity['settings'] === undefined) return undefined
  const instances = parseBody(z.array(InstanceShape).max(500), entity['settings'], 'settings')
  const definitions = definitionsFor(type.kind, type.platforms)
  const settings: Record<string, unknown> = {}
  for (const [index, { settingInstance }] of instances.entries()) {
    const definition = definitions.find(
      (candidate) => candidate.definitionId.toLowerCase() === settingInstance.settingDefinitionId.toLowerCase(),
    )
    if (!definition)
      badBody(
        `there is no setting ${settingInstance.settingDefinitionId} for ${type.type}`,
        `settings.${index}.settingInstance.settingDefinitionId`,
      )
    settings[definition.name] = instanceValue(definition, settingInstance)
  }
  return settings
}

function instanceValue(
  definition: SettingDefinition,
  instance: z.infer<typeof InstanceShape>['settingInstance'],
): unknown {
  if (instance.simpleSettingCollectionValue) return instance.simpleSettingCollectionValue.map(({ value }) => value)
  if (instance.simpleSettingValue) return instance.simpleSettingValue.value
  const chosen = instance.choiceSettingValue?.value ?? ''
  const option = chosen.toLowerCase().startsWith(`${definition.definitionId.toLowerCase()}_`)
    ? chosen.slice(definition.definitionId.length + 1)
    : chosen
  return definition.value.type === 'boolean' ? option === 'true' || option === '1' : option
}
