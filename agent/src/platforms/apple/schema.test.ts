import { type AppleDdmItem, type AppleDdmResult, enrolmentModes } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import type { DeviceView } from '../../domain/platform.ts'
import { iosSystem } from '../ios/platform.ts'
import { ipadosSystem } from '../ipados/platform.ts'
import { macosSystem } from '../macos/platform.ts'
import { tvosSystem } from '../tvos/platform.ts'
import { visionosSystem } from '../visionos/platform.ts'
import { address } from './addresses.ts'
import { answerCommand, payloadOf } from './command.ts'
import { type Command, commands } from './command-catalogue.ts'
import { applyDeclaration } from './declaration.ts'
import { ACTIVATION, declarationTypes } from './declaration-catalogue.ts'
import { describeDevice } from './describe.ts'
import { LOST_MODE } from './lost-mode.ts'
import type { Dictionary, KeyRules } from './payload.ts'
import { RESTRICTIONS } from './profile-payloads.ts'
import { samples } from './samples.test-support.ts'
import {
  enrolmentsOf,
  expectKey,
  expectResponse,
  expectSupport,
  present,
  type Schema,
  schemaFile,
  schemasIn,
  systems,
} from './schema.test-support.ts'
import { settingItems } from './settings-command.ts'
import { statusItems } from './status-items.ts'
import type { AppleSystem } from './system.ts'

const declarations = new Map([
  ...schemasIn('declarative/declarations/configurations'),
  ...schemasIn('declarative/declarations/activations'),
])
const mdm = schemasIn('mdm/commands')
const status = schemasIn('declarative/status')

function expectKeys(name: string, keys: KeyRules, schema: Schema | undefined): void {
  for (const [key, rule] of Object.entries(keys)) {
    const known = schema?.payloadkeys?.find((candidate) => candidate.key === key)
    expectKey(`${name}.${key}`, rule, known)
  }
}

describe.skipIf(!present)("what we know is in Apple's schemas (skipped without them: see MUSTER_REFERENCE)", () => {
  it.each(Object.entries(declarationTypes))('the declaration %s', (name, { support, keys }) => {
    const schema = declarations.get(name)
    expect(schema, name).toBeDefined()
    expectSupport(name, support, schema?.payload.supportedOS ?? {})
    expectKeys(name, keys, schema)
  })

  it.each(Object.entries<Command>(commands))('the command %s', (name, { support, keys }) => {
    const schema = mdm.get(name)
    expect(schema, name).toBeDefined()
    expectSupport(name, support, schema?.payload.supportedOS ?? {})
    // The keys of Settings depend on the setting; they have a test of their own.
    if (name !== 'Settings') expectKeys(name, keys, schema)
  })

  it.each(Object.entries(settingItems))('the setting %s', (name, { support, key }) => {
    const schema = mdm.get('Settings')?.payloadkeys?.[0]?.subkeys?.find((candidate) => candidate.key === name)
    expect(schema?.subkeys?.map((candidate) => candidate.key)).toEqual(expect.arrayContaining(['Item', key]))
    for (const system of systems) {
      const own = schema?.supportedOS?.[system]
      const available = support[system]
      expect(available === undefined, `${name} on ${system}`).toBe(own?.introduced === 'n/a')
      if (!own || !available) continue
      if (own.introduced !== undefined) expect(available.since, `${name} on ${system}`).toBe(String(own.introduced))
      expect([...available.enrolments].sort(), `${name} on ${system}`).toEqual([...enrolmentsOf(own)].sort())
    }
  })

  it.each(Object.entries(statusItems))('the status item %s', (name, { support }) => {
    expect(status.get(name), name).toBeDefined()
    expectSupport(name, support, status.get(name)?.payload.supportedOS ?? {})
  })
})

const devices: readonly (readonly [AppleSystem, DeviceView])[] = [
  macosSystem,
  iosSystem,
  ipadosSystem,
  tvosSystem,
  visionosSystem,
].flatMap((system) =>
  enrolmentModes[system.name].flatMap((mode) =>
    ['a', 'b', 'c', 'd'].map((seed) => {
      const view = { mode, inventory: describeDevice(system, mode, createRng(seed)), settings: {} }
      return [system, view] as const
    }),
  ),
)

/** A declaration as it should be, with an unknown key, without any, and with other types. */
const variants = ({ payload }: AppleDdmItem): AppleDdmItem['payload'][] => [
  payload,
  { ...payload, Unknown: true },
  {},
  Object.fromEntries(Object.keys(payload).map((key) => [key, { not: 'this' }])),
]

/** All reasons that a device gives for the variants of a declaration, in and out of force, succeeding and failing. */
function reasonsFor(sample: AppleDdmItem, system: AppleSystem, device: DeviceView): AppleDdmResult['reasons'] & {} {
  const activated = { [address(ACTIVATION, 'a', 'StandardConfigurations')]: [sample.identifier] }
  return [{}, activated].flatMap((settings) =>
    [0, 1].flatMap((failure) =>
      variants(sample).flatMap((payload) => {
        const attempt = { chance: createRng('reasons'), failure }
        const { result } = applyDeclaration({ ...sample, payload }, { ...device, settings }, system, attempt)
        return (result.protocol === 'apple-ddm' && result.reasons) || []
      }),
    ),
  )
}

describe.skipIf(!present)("what devices say is in Apple's schemas (skipped without them: see MUSTER_REFERENCE)", () => {
  const base = present ? schemaFile('declarative/declarations/declarationbase.yaml') : undefined
  const known = new Map(base?.reasons?.map((reason) => [reason.value, reason]))

  it('every reason and its details', () => {
    const declared = samples.filter((sample) => sample.protocol === 'apple-ddm')
    const given = devices.flatMap(([system, device]) =>
      declared.flatMap((sample) => reasonsFor(sample, system, device)),
    )
    for (const { code, details } of given) {
      const allowed = known.get(code)?.details?.map(({ key }) => key)
      expect(allowed, code).toEqual(expect.arrayContaining(Object.keys(details ?? {})))
    }
    expect([...new Set(given.map(({ code }) => code))].sort()).toEqual([
      'Error.ConfigurationCannotBeApplied',
      'Error.ConfigurationCannotBeDeserialized',
      'Error.ConfigurationIsInvalid',
      'Error.ConfigurationNotSupported',
      'Error.UnknownPayloadKeys',
      'Info.NotReferencedByActivation',
    ])
  })

  const answering = ['DeviceInformation', 'SecurityInfo', 'ProfileList', 'ManagedApplicationFeedback', 'Settings']
  it.each([...answering, 'DeviceLock', 'DeviceLocation'])('every key that %s is answered with', (name) => {
    const schema = mdm.get(name)
    const queries = schema?.payloadkeys?.find(({ key }) => key === 'Queries')?.subkeys?.[0]?.subkeys
    const sample = samples.find((item) => item.protocol === 'apple-mdm' && item.requestType === name)
    const usual: Dictionary = sample?.protocol === 'apple-mdm' ? payloadOf(sample) : {}
    for (const [system, device] of devices) {
      const message = name === 'DeviceLock' && system.schema === 'iOS' ? { Message: 'Locked' } : {}
      const payload = { ...usual, ...message, ...(queries ? { Queries: queries.map(({ key }) => key) } : {}) }
      const settings = { [LOST_MODE]: true, [address(RESTRICTIONS, 'test', 'allowCamera')]: false }
      const attempt = { chance: createRng('answers'), failure: 0 }
      const call = { payload, device: { ...device, settings }, system, attempt }
      const { response = {} } = answerCommand(name, call, ['query', 'policy', 'action'])
      expectResponse(name, response, schema?.responsekeys ?? [], system.schema)
    }
  })
})
