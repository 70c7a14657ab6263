import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCsdl } from './csdl.test-support.ts'
import { csdlDeviations } from './csdl-deviations.test-support.ts'
import { entityModel, type GraphVersion } from './entity-model.ts'
import { modelText } from './generate/model-text.ts'
import { readPackage } from './generate/packages.ts'
import { referenceText } from './reference.test-support.ts'

const versions = ['v1.0', 'beta'] satisfies GraphVersion[]

/** Where the model says something else than the published schema, and why. */
const exceptions = [
  // Printers are left out, and they are a complex type on a user.
  'user.print: is missing, userPrint',
]

describe('the model of Graph', () => {
  it.for(versions)('%s is what `npm run graph-model` makes of the packages', (version, context) => {
    const types = readPackage(version)
    if (!types) return context.skip('the type declarations of Graph are not installed')
    const committed = readFileSync(new URL(`${version}.model.json`, import.meta.url), 'utf8')
    // No diff of half a megabyte: whether it is the same is the question.
    expect(modelText(version, types.source, types.text) === committed).toBe(true)
  })

  it('agrees with the published schema of v1.0, but for the exceptions', (context) => {
    if (referenceText === undefined) return context.skip('the schema is not here: see MUSTER_REFERENCE')
    expect(csdlDeviations(entityModel('v1.0'), readCsdl(referenceText))).toEqual(exceptions)
  })

  it.each(versions)('%s names no type that it does not have', (version) => {
    const model = entityModel(version)
    expect(model.typeNames.length).toBeGreaterThan(800)
    for (const name of model.typeNames) {
      const type = model.type(name)
      expect(type?.name).toBe(name)
      if (type?.base !== undefined) expect(model.type(type.base)?.derived).toContain(name)
      for (const { type: of, navigation } of type?.properties ?? []) {
        expect(navigation).toBe(of.kind === 'entity')
        if (of.kind === 'enum') expect(model.enumType(of.name)?.members).not.toEqual([])
        else if (of.kind !== 'primitive') expect(model.type(of.name)?.kind).toBe(of.kind)
      }
    }
  })

  it('finds types and properties without regard to case, with and without their namespace', () => {
    const model = entityModel('v1.0')
    const device = model.type('#microsoft.graph.MANAGEDDEVICE')
    expect(device?.name).toBe('managedDevice')
    expect(device?.property('COMPLIANCESTATE')).toEqual({
      name: 'complianceState',
      type: { kind: 'enum', name: 'complianceState' },
      collection: false,
      nullable: false,
      navigation: false,
      readOnly: true,
    })
    expect(device?.property('id')?.name).toBe('id')
    expect(device?.property('users')).toMatchObject({ navigation: true, collection: true })
    expect(model.enumType('microsoft.graph.complianceState')?.members).toContain('inGracePeriod')
    expect(model.type('policyBase')?.derived).toContain('claimsMappingPolicy')
    expect(entityModel('beta').type('windowsUpdates.deployment')?.kind).toBe('entity')
  })

  it.each(['', 'toString', '__proto__', 'constructor', '#microsoft.graph.', 'complianceState'])(
    '%j is no type',
    (name) => {
      expect(entityModel('v1.0').type(name)).toBeUndefined()
    },
  )

  it('knows what only the service sets', () => {
    const readOnly = (type: string, name: string) => entityModel('v1.0').type(type)?.property(name)?.readOnly
    expect(readOnly('application', 'appId')).toBe(true)
    expect(readOnly('managedDevice', 'deviceName')).toBe(true)
    expect(readOnly('unifiedRoleDefinition', 'displayName')).toBe(false)
    expect(readOnly('user', 'businessPhones')).toBe(false)
  })

  it('tells sets of flags from other enumerations', () => {
    const { enumType } = entityModel('beta')
    expect(enumType('deviceManagementConfigurationPlatforms')?.flags).toBe(true)
    expect(enumType('deviceManagementConfigurationTechnologies')?.flags).toBe(true)
    expect(enumType('complianceState')?.flags).toBe(false)
  })
})
