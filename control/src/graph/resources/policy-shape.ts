import type { SettingValue } from '@muster/shared/contracts'
import { definitionsFor } from '../../domain/check-settings.ts'
import type { Policy } from '../../domain/model.ts'
import { shownTags } from '../roles/written-tags.ts'
import { iso } from './managed-device.ts'
import { graphValue } from './setting-words.ts'

type Entity = Readonly<Record<string, unknown>>

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
      ...policy.further,
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
    ...policy.further,
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
