import { graphPolicyTypes } from '@muster/shared/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { furnish } from '../../test-support/furnish.ts'
import { type Entity, type GraphOffice, openGraph } from '../../test-support/graph.ts'
import { definitionsFor } from '../domain/check-settings.ts'
import { checkEntity } from './model/check-entity.ts'
import { readCsdl } from './model/csdl.test-support.ts'
import { csdlModel } from './model/csdl-model.test-support.ts'
import { type EntityModel, entityModel } from './model/entity-model.ts'
import { referenceText } from './model/reference.test-support.ts'
import { typeOfPath } from './model/type-of-path.ts'
import { graphRoutes } from './routes.ts'

const published = referenceText === undefined ? undefined : csdlModel(readCsdl(referenceText))

/** What beta shows beyond Graph, for Muster's own tools: by type, beside settings that Graph has in its catalogue only. */
const beyond: ReadonlySet<string> = new Set([
  'deviceEnrollmentPlatformRestrictionsConfiguration linuxRestriction',
  'deviceManagementConfigurationSettingDefinition kind',
  'deviceManagementConfigurationSettingDefinition platform',
  'deviceManagementConfigurationSettingDefinition valueDefinition',
  'deviceComplianceDeviceStatus deviceId',
  'deviceComplianceDeviceStatus settings',
  'deviceConfigurationDeviceStatus deviceId',
  'deviceConfigurationDeviceStatus settings',
  ...graphPolicyTypes.flatMap(({ kind, platforms, type }) =>
    definitionsFor(kind, platforms).map(({ name }) => `${type.replace('#microsoft.graph.', '')} ${name}`),
  ),
])

/** Paths that Graph does not have: parts that all kinds of policies have here, and a number. */
const own: ReadonlySet<string> = new Set([
  '/deviceManagement/deviceCompliancePolicies/{id}/settings',
  '/deviceManagement/deviceConfigurations/{id}/scheduledActionsForRule',
  '/deviceManagement/deviceConfigurations/{id}/settings',
  '/deviceManagement/compliancePolicies/{id}/deviceStatuses',
  '/deviceManagement/configurationPolicies/{id}/scheduledActionsForRule',
  '/deviceManagement/configurationPolicies/{id}/deviceStatuses',
])

/** Functions that answer no entities yield none. */
const paths = [
  ...new Set(graphRoutes.filter(({ method, of }) => method === 'GET' && of !== undefined).map(({ path }) => path)),
]
const versions = ['v1.0', 'beta'] as const

let graph: GraphOffice
beforeAll(async () => {
  graph = await openGraph()
  await furnish(graph)
})
afterAll(() => graph?.[Symbol.asyncDispose]())

/** Where the entities of a set that is never listed are found. */
const listed: Readonly<Record<string, readonly string[]>> = {
  '/directoryObjects': ['/users', '/groups', '/devices', '/servicePrincipals', '/applications'],
}

/** The entities that a path answers with; each `{id}` stands for every entity of the set before it. */
async function answersAt(version: string, path: string, query = ''): Promise<readonly Entity[]> {
  const [before = '', after] = path.split(/\/\{[^}]*\}(.*)/s)
  if (after !== undefined) {
    const answers: Entity[] = []
    for (const source of listed[before] ?? [before])
      for (const { id } of await answersAt(version, source))
        answers.push(...(await answersAt(version, `${before}/${id}${after}`, query)))
    return answers
  }
  const { status, body } = await graph.ask('GET', `${path}${query}`, undefined, version)
  if (status === 404) return []
  expect(status).toBe(200)
  return (Array.isArray(body['value']) ? body['value'] : [body]) as readonly Entity[]
}

/** Whether a deviation of beta is known: a property of our own, or a state that Graph has no word for. */
function isBeyond(fault: string): boolean {
  if (fault === 'status: "pending" is no complianceStatus') return true
  const [, name, type] = /(\w+): microsoft\.graph\.(\S+) has no such property$/.exec(fault) ?? []
  return beyond.has(`${type} ${name}`)
}

describe.each(versions)('what %s answers', (version) => {
  const model = entityModel(version)
  const served = paths.filter((path) => !own.has(path))

  it.each(
    served.flatMap((path) => {
      const type = typeOfPath(model, path)
      return type === undefined ? [] : [[path, type] as const]
    }),
  )('%s is a %s, with nothing else in it', async (path, type) => {
    const answers = await answersAt(version, path)
    expect(answers.length, 'the world of this test has none').toBeGreaterThan(0)
    const faults = (against: EntityModel) => [
      ...new Set(answers.flatMap((answer) => checkEntity(against, type, answer))),
    ]
    expect(faults(model).filter((fault) => version === 'v1.0' || !isBeyond(fault))).toEqual([])
    if (version === 'v1.0' && published) expect(faults(published)).toEqual([])
  })
})

it.each(versions)('what $expand adds in %s is of its type as well', async (version) => {
  const model = entityModel(version)
  const expanded: Readonly<Record<string, string>> = {
    '/deviceManagement/deviceCompliancePolicies':
      'assignments,scheduledActionsForRule($expand=scheduledActionConfigurations)',
    '/deviceManagement/deviceConfigurations': 'assignments',
    '/deviceManagement/notificationMessageTemplates/{id}': 'localizedNotificationMessages',
  }
  for (const [path, expand] of Object.entries(expanded)) {
    const [property = ''] = expand.split(',')
    const answers = await answersAt(version, path, `?$expand=${expand}`)
    expect(answers.some((answer) => (answer[property] as unknown[] | undefined)?.length)).toBe(true)
    const faults = (against: EntityModel) =>
      answers.flatMap((answer) => checkEntity(against, typeOfPath(model, path) ?? '', answer))
    expect(faults(model).filter((fault) => version === 'v1.0' || !isBeyond(fault))).toEqual([])
    if (version === 'v1.0' && published) expect(faults(published)).toEqual([])
  }
})

it('every path is one of Graph, or known to be our own', () => {
  const unknown = paths.filter((path) => versions.every((version) => !typeOfPath(entityModel(version), path)))
  expect(unknown).toEqual([...own])
})
