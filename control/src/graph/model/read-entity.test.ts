import { CodedError } from '@muster/shared/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkEntity } from './check-entity.ts'
import { completeEntity } from './complete-entity.ts'
import { entityOf } from './entity-arbitrary.test-support.ts'
import { entityModel } from './entity-model.ts'
import { readEntity } from './read-entity.ts'

const v1 = entityModel('v1.0')
const beta = entityModel('beta')
const create = { mode: 'create' } as const
const patch = { mode: 'patch' } as const

/** The refusal of a body: `path: message`. */
function refusal(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    expect(error.code).toBe('graph/bad-body')
    return `${error.at}: ${error.message}`
  }
  return 'taken'
}

const settings = (instance: object) => ({ name: 'p', settings: [{ settingInstance: instance }] })
const TYPE = '#microsoft.graph.deviceManagementConfiguration'

describe('the body of a write', () => {
  it('comes out in the spelling of Graph', () => {
    const body = { '@odata.type': 'microsoft.graph.WIN32LOBAPP', DISPLAYNAME: 'x', applicableArchitectures: 'X64, x86' }
    expect(readEntity(v1, 'mobileApp', body, create)).toEqual({
      '@odata.type': '#microsoft.graph.win32LobApp',
      displayName: 'x',
      applicableArchitectures: 'x64,x86',
    })
  })

  it('loses annotations and what only the service sets', () => {
    const body = {
      '@odata.context': 'https://graph/$metadata',
      '@odata.etag': 'W/"1"',
      'roleScopeTagIds@odata.type': '#Collection(String)',
      id: 'mine',
      createdDateTime: '2026-01-01T00:00:00Z',
      isAssigned: true,
      version: 7,
      roleScopeTagIds: ['0'],
    }
    expect(
      readEntity(
        beta,
        'deviceManagementScript',
        { displayName: 's', ...without(body, 'isAssigned', 'version') },
        create,
      ),
    ).toEqual({
      displayName: 's',
      roleScopeTagIds: ['0'],
    })
    expect(readEntity(beta, 'deviceManagementConfigurationPolicy', without(body, 'version'), create)).toEqual({
      roleScopeTagIds: ['0'],
    })
  })

  it('keeps the id of a value that is no entity', () => {
    const role = { id: '11111111-2222-4333-8444-555555555555', value: 'Read', isEnabled: true }
    expect(readEntity(v1, 'application', { appRoles: [role] }, create)).toEqual({ appRoles: [role] })
  })

  it('binds other entities under the name of the property', () => {
    const links = ['https://graph.microsoft.com/v1.0/directoryObjects/1']
    expect(readEntity(v1, 'group', { 'Members@odata.bind': links }, create)).toEqual({ 'members@odata.bind': links })
    expect(refusal(() => readEntity(v1, 'group', { 'displayName@odata.bind': 'x' }, create))).toContain(
      'displayName@odata.bind',
    )
    expect(refusal(() => readEntity(v1, 'group', { 'members@odata.bind': [1] }, create))).toMatch(
      /^members@odata.bind: /,
    )
  })

  it('takes null for unset, whatever the declaration', () => {
    expect(readEntity(v1, 'user', { accountEnabled: null, businessPhones: null, birthday: null }, patch)).toEqual({
      accountEnabled: null,
      businessPhones: null,
      birthday: null,
    })
  })

  it('holds extensions of open types only', () => {
    const extension = { extension_1a2b_costCentre: { any: ['thing'] } }
    expect(readEntity(v1, 'user', extension, patch)).toEqual(extension)
    expect(refusal(() => readEntity(v1, 'managedDevice', extension, patch))).toMatch(/^extension_1a2b_costCentre: /)
    expect(refusal(() => readEntity(v1, 'user', JSON.parse('{"__proto__":{"x":1}}'), patch))).toMatch(/^__proto__: /)
    expect(refusal(() => readEntity(v1, 'user', JSON.parse('{"ext_x":{"a":[{"__proto__":1}]}}'), patch))).toMatch(
      /^ext_x\.a\.0\.__proto__: /,
    )
  })

  it.each([
    [
      { displayNam: 'x' },
      'displayNam',
      "Property 'displayNam' does not exist as a declared property or extension property.",
    ],
    [{ displayNam: 'x' }, 'displayNam', "Did you mean 'displayName'?"],
    [{ displayName: 'x', DISPLAYNAME: 'y' }, 'displayName', 'Multiple properties'],
    [{ displayName: 5 }, 'displayName', "Cannot convert the literal '5' to the expected type 'Edm.String'."],
    [
      { securityEnabled: 'yes' },
      'securityEnabled',
      "Cannot convert the literal 'yes' to the expected type 'Edm.Boolean'.",
    ],
    [{ groupTypes: 'Unified' }, 'groupTypes', "A 'StartArray' node was expected."],
    [{ groupTypes: [null] }, 'groupTypes.0', 'A null value'],
    [{ onPremisesExtensionAttributes: [] }, 'onPremisesExtensionAttributes', "A 'StartObject' node was expected."],
    [{ accessType: 'privat' }, 'accessType', "Requested value 'privat' was not found. Did you mean 'private'?"],
    [{ id: 'x' }, 'id', "Property 'id' is read-only and cannot be set."],
    [{ '@odata.type': '#microsoft.graph.user' }, '@odata.type', 'not assignable'],
    [{ '@odata.type': '#microsoft.graph.groups' }, '@odata.type', "Did you mean '#microsoft.graph.group'?"],
    [{ '@odata.type': 5 }, '@odata.type', 'could not be resolved'],
    [[], 'body', "A 'StartObject' node was expected."],
    ['text', 'body', "An unexpected 'PrimitiveValue' node"],
    [null, 'body', 'was expected'],
  ])('is refused where it is wrong: %j', (body, at, message) => {
    const said = refusal(() => readEntity(v1, 'group', body, create))
    expect(said.startsWith(`${at}: `)).toBe(true)
    expect(said).toContain(message)
  })

  it('is refused at the path of what is wrong', () => {
    const read = (body: object) => refusal(() => readEntity(v1, 'application', body, create))
    expect(read({ appRoles: [{}, { id: 'x' }] })).toBe(
      "appRoles.1.id: Cannot convert the literal 'x' to the expected type 'Edm.Guid'.",
    )
    expect(read({ web: { redirectUris: [], logoutUri: 'x' } })).toBe(
      "web.logoutUri: The property 'logoutUri' does not exist on type 'microsoft.graph.webApplication'. Make sure to only use property names that are defined by the type. Did you mean 'logoutUrl'?",
    )
  })

  it('says which type a value has where that is open', () => {
    expect(refusal(() => readEntity(v1, 'mobileApp', { displayName: 'x' }, create))).toMatch(
      /^@odata.type: Cannot create/,
    )
    expect(readEntity(v1, 'mobileApp', { displayName: 'x' }, patch)).toMatchObject({ displayName: 'x' })
    const nameless = settings({ settingDefinitionId: 'd' })
    expect(refusal(() => readEntity(beta, 'deviceManagementConfigurationPolicy', nameless, patch))).toMatch(
      /^settings\.0\.settingInstance\.@odata\.type: Cannot create an abstract class/,
    )
  })

  it('is read to the bottom of a setting', () => {
    const choice = (value: object) =>
      settings({ '@odata.type': `${TYPE}ChoiceSettingInstance`, choiceSettingValue: value })
    const inner = {
      '@odata.type': `${TYPE}ChoiceSettingInstance`,
      settingDefinitionId: 'c',
      choiceSettingValue: { vale: 'x' },
    }
    expect(
      refusal(() =>
        readEntity(beta, 'deviceManagementConfigurationPolicy', choice({ value: 'v', children: [inner] }), create),
      ),
    ).toBe(
      "settings.0.settingInstance.choiceSettingValue.children.0.choiceSettingValue.vale: The property 'vale' does not exist on type 'microsoft.graph.deviceManagementConfigurationChoiceSettingValue'. Make sure to only use property names that are defined by the type. Did you mean 'value'?",
    )
  })

  it('has an end to its depth and to its size', () => {
    let deep: object = {}
    for (let level = 0; level < 5_000; level++) deep = { ext_x: deep }
    expect(refusal(() => readEntity(v1, 'user', deep, patch))).toContain('nested deeper than 100 levels')
    const wide = { ext_x: Array.from({ length: 200_001 }, () => 0) }
    expect(refusal(() => readEntity(v1, 'user', wide, patch))).toContain('more than 200000 values')
  })
})

it('a stream is no part of what is shown, not even of an open type', () => {
  expect(completeEntity(v1, 'application', { displayName: 'a', logo: 'x' })).not.toHaveProperty('logo')
})

function without(body: object, ...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
}

describe.each([v1, beta])('any body ($version)', (model) => {
  const types = model.typeNames.filter((name) => {
    const type = model.type(name)
    return type && [type, ...type.derived.map((below) => model.type(below))].some((each) => each?.abstract === false)
  })
  const bodies = fc.constantFrom(...types).chain((type) => entityOf(model, type).map((body) => ({ type, body })))

  it('that fits its type is taken, and read again gives the same', () => {
    fc.assert(
      fc.property(bodies, ({ type, body }) => {
        fc.pre(!JSON.stringify(body).includes('__proto__'))
        try {
          const read = readEntity(model, type, body, create)
          expect(readEntity(model, type, read, create)).toEqual(read)
          expect(checkEntity(model, type, read)).toEqual([])
        } catch (error) {
          // Directory objects are the only ones that refuse what the service sets.
          if (!(error instanceof CodedError) || !error.message.includes('is read-only')) throw error
        }
      }),
      { numRuns: 300 },
    )
  })

  it('completed has every property that can be shown, and no deviation', () => {
    fc.assert(
      fc.property(bodies, ({ type, body }) => {
        const whole = completeEntity(model, type, body)
        expect(checkEntity(model, type, whole)).toEqual([])
        const actual = model.type(String(whole['@odata.type'] ?? type))
        const shown = actual?.properties.filter(({ name, navigation, nullable, type: of }) => {
          if (of.kind === 'complex' && !nullable) return !model.type(of.name)?.abstract
          return name !== 'id' && !navigation && !(of.kind === 'primitive' && of.edm === 'Edm.Stream')
        })
        expect(Object.keys(whole)).toEqual(expect.arrayContaining(shown?.map(({ name }) => name) ?? []))
        expect(completeEntity(model, type, whole)).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })

  it('is taken or refused with a code, whatever it is', () => {
    const noise = fc.constantFrom(...types).chain((type) =>
      fc
        .tuple(fc.constant(type), entityOf(model, type), fc.jsonValue(), fc.nat(), fc.string())
        .map(([, body, spoilt, place, key]) => ({
          type,
          body: place % 3 === 0 ? spoilt : { ...body, [place % 3 === 1 ? key : (Object.keys(body)[0] ?? key)]: spoilt },
        })),
    )
    fc.assert(
      fc.property(noise, fc.constantFrom(create, patch), ({ type, body }, mode) => {
        expect(refusal(() => readEntity(model, type, body, mode))).toBeTypeOf('string')
        expect(checkEntity(model, type, body)).toBeInstanceOf(Array)
      }),
      { numRuns: 500 },
    )
  })
})
