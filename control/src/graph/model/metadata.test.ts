import { expect, it } from 'vitest'
import { openGraph } from '../../../test-support/graph.ts'
import { readCsdl } from './csdl.test-support.ts'
import { csdlDeviations } from './csdl-deviations.test-support.ts'
import { entityModel, type GraphVersion } from './entity-model.ts'
import { metadataAt } from './metadata.ts'
import { referenceText } from './reference.test-support.ts'
import { roots } from './scope.ts'

const versions = ['v1.0', 'beta'] satisfies GraphVersion[]
const document = (version: GraphVersion) => readCsdl(String(metadataAt('GET', `/${version}/$metadata`)?.body))

it.each(versions)('%s is well-formed, and says of every type what the model says', (version) => {
  const read = document(version)
  const model = entityModel(version)
  expect(csdlDeviations(model, read)).toEqual([])
  expect([...read.types.keys()].filter((name) => name !== 'Json')).toEqual(expect.arrayContaining([...model.typeNames]))
  expect(read.types.size - (read.types.has('Json') ? 1 : 0)).toBe(model.typeNames.length)
  expect(Object.fromEntries(read.roots)).toEqual(roots)
})

it.each(versions)('%s refers to nothing that it does not have', (version) => {
  const { types, enums } = document(version)
  const missing: string[] = []
  for (const [name, { base, properties }] of types) {
    if (base !== undefined && !types.has(base)) missing.push(`${name}: ${base}`)
    for (const [property, { type }] of properties)
      if (!type.startsWith('Edm.') && !types.has(type) && !enums.has(type)) missing.push(`${name}.${property}: ${type}`)
  }
  expect(missing).toEqual([])
})

it('has the sets of the published schema', (context) => {
  if (referenceText === undefined) return context.skip('the schema is not here: see MUSTER_REFERENCE')
  const published = readCsdl(referenceText)
  for (const [name, type] of document('v1.0').roots) expect([name, published.roots.get(name)]).toEqual([name, type])
})

it('is there for anybody', async () => {
  await using graph = await openGraph()
  for (const version of versions) {
    const url = `/${version}/$metadata`
    const { status, headers, body } = await graph.answer({ method: 'GET', url, body: undefined })
    expect([status, headers]).toEqual([200, { 'content-type': 'application/xml' }])
    expect(metadataAt('POST', url)).toBeUndefined()
    expect(String(body)).toContain('<EntityType Name="managedDevice" BaseType="graph.entity">')
  }
})
