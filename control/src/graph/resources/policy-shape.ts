import { type GraphPolicyType, graphPolicyTypes, type SettingValue } from '@muster/shared/contracts'
import { z } from 'zod'
import { checkSettings, definitionsFor } from '../../domain/check-settings.ts'
import type { SettingDefinition } from '../../domain/management/management.ts'
import type { Policy, ScheduledAction } from '../../domain/model.ts'
import { badBody, objectBody, parseBody } from '../body.ts'
import { orRefuse } from '../graph-request.ts'
import { shownTags } from '../roles/written-tags.ts'
import { iso } from './managed-device.ts'
import { readScheduledActions } from './scheduled-actions.ts'
import { graphValue, platformValue } from './setting-words.ts'

type Entity = Readonly<Record<string, unknown>>

/** What a write says of a policy; absent parts stay as they are. */
export interface PolicyWrite {
  readonly type: GraphPolicyType
  readonly name?: string
  readonly description?: string
  readonly settings?: Readonly<Record<string, SettingValue>>
  readonly scheduledActions?: readonly Omit<ScheduledAction, 'id'>[]
}

/** Properties of typed policies that are no settings. */
const commonProperties = new Set([
  '@odata.type',
  'id',
  'displayName',
  'description',
  'version',
  'createdDateTime',
  'lastModifiedDateTime',
  'roleScopeTagIds',
  'scheduledActionsForRule',
  'assignments',
])

/**
 * Read the body of a POST, or of a PATCH on `before`. Throws coded errors: `graph/bad-body`, `policy/unknown-setting`,
 * `policy/bad-value`.
 */
export function readPolicy(resource: string, body: unknown, before?: Policy): PolicyWrite {
  const entity = objectBody(body)
  const type = typeOf(resource, entity, before)
  const isCatalog = resource === 'compliancePolicies' || resource === 'configurationPolicies'
  const name = textOf(entity, isCatalog ? 'name' : 'displayName')
  const description = textOf(entity, 'description')
  if (!before && (name === undefined || name === ''))
    badBody('a policy needs a name', isCatalog ? 'name' : 'displayName')
  const settings = isCatalog ? catalogSettings(type, entity) : typedSettings(entity)
  const actions =
    type.kind === 'compliance' ? readScheduledActions(entity, before !== undefined || isCatalog) : undefined
  return {
    type,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(settings ? { settings: orRefuse(checkSettings(type.kind, type.platforms, settings)) } : {}),
    ...(actions ? { scheduledActions: actions } : {}),
  }
}

function typeOf(resource: string, entity: Entity, before: Policy | undefined): GraphPolicyType {
  const isCatalog = resource === 'compliancePolicies' || resource === 'configurationPolicies'
  const property = isCatalog ? 'platforms' : '@odata.type'
  const named = entity[property] ?? before?.graphType
  const known = graphPolicyTypes.filter((type) => type.resource === resource)
  const type = known.find((candidate) => candidate.type === named)
  if (!type) badBody(`${property} must be one of ${known.map((candidate) => candidate.type).join(', ')}`, property)
  if (before && type.type !== before.graphType) badBody(`the ${property} of a policy cannot be changed`, property)
  return type
}

function textOf(entity: Entity, property: string): string | undefined {
  const value = entity[property]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || value.length > 1_000)
    badBody(`${property} must be a text of at most 1000 characters`, property)
  return value
}

function typedSettings(entity: Entity): Record<string, unknown> | undefined {
  const settings = Object.entries(entity).filter(([name]) => !commonProperties.has(name) && !name.includes('@'))
  return settings.length === 0
    ? undefined
    : Object.fromEntries(settings.map(([name, value]) => [name, platformValue(name, value)]))
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

/** A policy as Graph shows it. */
export function policyEntity(policy: Policy): Entity {
  const dates = {
    createdDateTime: iso(policy.createdAtMs),
    lastModifiedDateTime: iso(policy.modifiedAtMs),
    roleScopeTagIds: shownTags(policy),
  }
  if (policy.graphResource === 'compliancePolicies' || policy.graphResource === 'configurationPolicies') {
    return {
      id: policy.id,
      name: policy.name,
      description: policy.description,
      platforms: policy.graphType,
      technologies: policy.graphType === 'linux' ? 'linuxMdm' : 'mdm',
      ...dates,
      settingCount: Object.keys(policy.settings).length,
      isAssigned: policy.assignments.length > 0,
    }
  }
  return {
    '@odata.type': policy.graphType,
    id: policy.id,
    displayName: policy.name,
    description: policy.description,
    version: policy.revision,
    ...dates,
    ...Object.fromEntries(Object.entries(policy.settings).map(([name, value]) => [name, graphValue(name, value)])),
  }
}

/** A catalogue policy's settings, as `…/{id}/settings` lists them. */
export function settingInstances(policy: Policy): readonly Entity[] {
  const definitions = new Map(
    definitionsFor(policy.kind, policy.platforms).map((definition) => [definition.name, definition]),
  )
  return Object.entries(policy.settings).map(([name, value], index) => {
    const settingDefinitionId = definitions.get(name)?.definitionId ?? name
    return { id: String(index), settingInstance: { settingDefinitionId, ...instanceOf(settingDefinitionId, value) } }
  })
}

const TYPE = '#microsoft.graph.deviceManagementConfiguration'

function instanceOf(definitionId: string, value: SettingValue): Entity {
  if (Array.isArray(value)) {
    return {
      '@odata.type': `${TYPE}SimpleSettingCollectionInstance`,
      simpleSettingCollectionValue: value.map((each) => ({ '@odata.type': `${TYPE}StringSettingValue`, value: each })),
    }
  }
  if (typeof value === 'boolean') {
    return {
      '@odata.type': `${TYPE}ChoiceSettingInstance`,
      choiceSettingValue: { value: `${definitionId}_${value}`, children: [] },
    }
  }
  const type = typeof value === 'number' ? 'Integer' : 'String'
  return {
    '@odata.type': `${TYPE}SimpleSettingInstance`,
    simpleSettingValue: { '@odata.type': `${TYPE}${type}SettingValue`, value },
  }
}
