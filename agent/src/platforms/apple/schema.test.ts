import { enrolmentModes } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import type { DeviceView } from '../../domain/platform.ts'
import { iosSystem } from '../ios/platform.ts'
import { ipadosSystem } from '../ipados/platform.ts'
import { macosSystem } from '../macos/platform.ts'
import { tvosSystem } from '../tvos/platform.ts'
import { visionosSystem } from '../visionos/platform.ts'
import { answerCommand, payloadOf } from './command.ts'
import { type Command, commands } from './command-catalogue.ts'
import { applyDeclaration } from './declaration.ts'
import { declarationTypes } from './declaration-catalogue.ts'
import { describeDevice } from './describe.ts'
import type { Dictionary } from './payload.ts'
import { samples } from './samples.test-support.ts'
import {
  enrolmentsOf,
  expectKey,
  expectResponse,
  expectSupport,
  present,
  schemaFile,
  schemasIn,
  systems,
} from './schema.test-support.ts'
import { settingItems } from './settings-command.ts'
import { statusItems } from './status-items.ts'
import type { AppleSystem } from './system.ts'

describe.skipIf(!present)(
  'what we use of Apple is in its schemas (skipped where they are absent: see MUSTER_REFERENCE)',
  () => {
    const declarations = new Map([
      ...schemasIn('declarative/declarations/configurations'),
      ...schemasIn('declarative/declarations/activations'),
    ])
    const mdm = schemasIn('mdm/commands')
    const status = schemasIn('declarative/status')

    it.each(Object.entries(declarationTypes))('%s', (name, { support, keys }) => {
      const schema = declarations.get(name)
      expect(schema, name).toBeDefined()
      expectSupport(name, support, schema?.payload.supportedOS ?? {})
      for (const [key, rule] of Object.entries(keys)) {
        expectKey(
          `${name}.${key}`,
          rule,
          schema?.payloadkeys?.find((candidate) => candidate.key === key),
        )
      }
    })

    it.each(Object.entries<Command>(commands))('the command %s', (name, { support, keys }) => {
      const schema = mdm.get(name)
      expect(schema, name).toBeDefined()
      expectSupport(name, support, schema?.payload.supportedOS ?? {})
      if (name === 'Settings') return
      for (const [key, rule] of Object.entries(keys)) {
        expectKey(
          `${name}.${key}`,
          rule,
          schema?.payloadkeys?.find((candidate) => candidate.key === key),
        )
      }
    })

    it.each(Object.entries(settingItems))('the setting %s', (name, { support, key }) => {
      const items = mdm.get('Settings')?.payloadkeys?.[0]?.subkeys
      const schema = items?.find((candidate) => candidate.key === name)
      expect(schema?.subkeys?.map((candidate) => candidate.key)).toEqual(expect.arrayContaining(['Item', key]))
      for (const system of systems) {
        const own = schema?.supportedOS?.[system]
        const available = support[system]
        expect(available === undefined, `${name} on ${system}`).toBe(own?.introduced === 'n/a')
        if (own?.introduced !== undefined && available)
          expect(available.since, `${name} on ${system}`).toBe(String(own.introduced))
        if (own && available)
          expect([...available.enrolments].sort(), `${name} on ${system}`).toEqual([...enrolmentsOf(own)].sort())
      }
    })

    it.each(Object.entries(statusItems))('the status item %s', (name, { support }) => {
      expect(status.get(name), name).toBeDefined()
      expectSupport(name, support, status.get(name)?.payload.supportedOS ?? {})
    })

    const everyDevice = devices()
    const base = present ? schemaFile('declarative/declarations/declarationbase.yaml') : undefined
    const known = new Map(base?.reasons?.map((reason) => [reason.value, reason]))

    it('every reason code and its details', () => {
      const given = new Set<string>()
      for (const [system, device] of everyDevice) {
        for (const sample of samples) {
          if (sample.protocol !== 'apple-ddm') continue
          for (const failure of [0, 1]) {
            for (const payload of [sample.payload, { ...sample.payload, Unknown: true }, {}, bent(sample.payload)]) {
              const view: DeviceView = {
                ...device,
                settings: {
                  'com.apple.activation.simple/a/StandardConfigurations': failure ? [sample.identifier] : [],
                },
              }
              const { result } = applyDeclaration({ ...sample, payload }, view, system, {
                chance: createRng('r'),
                failure,
              })
              for (const { code, details } of (result.protocol === 'apple-ddm' && result.reasons) || []) {
                given.add(code)
                expect([...known.keys()], code).toContain(code)
                expect(known.get(code)?.details?.map(({ key }) => key)).toEqual(
                  expect.arrayContaining(Object.keys(details ?? {})),
                )
              }
            }
          }
        }
      }
      expect([...given].sort()).toEqual([
        'Error.ConfigurationCannotBeApplied',
        'Error.ConfigurationCannotBeDeserialized',
        'Error.ConfigurationIsInvalid',
        'Error.ConfigurationNotSupported',
        'Error.UnknownPayloadKeys',
        'Info.NotReferencedByActivation',
      ])
    })

    it.each([
      'DeviceInformation',
      'SecurityInfo',
      'ProfileList',
      'ManagedApplicationFeedback',
      'Settings',
      'DeviceLock',
      'DeviceLocation',
    ])('what %s answers, on each system', (name) => {
      const schema = mdm.get(name)
      const queries = schema?.payloadkeys
        ?.find(({ key }) => key === 'Queries')
        ?.subkeys?.[0]?.subkeys?.map(({ key }) => key)
      for (const [system, device] of everyDevice) {
        const sample = samples.find((item) => item.protocol === 'apple-mdm' && item.requestType === name)
        const payload = queries ? { Queries: queries } : sample?.protocol === 'apple-mdm' ? payloadOf(sample) : {}
        const view = {
          ...device,
          settings: { MDMLostMode: true, 'com.apple.applicationaccess/test/allowCamera': false },
        }
        const message = name === 'DeviceLock' && system.schema === 'iOS' ? { Message: 'Locked' } : {}
        const call = {
          payload: { ...payload, ...message },
          device: view,
          system,
          attempt: { chance: createRng('x'), failure: 0 },
        }
        expectResponse(
          name,
          answerCommand(name, call, ['query', 'policy', 'action']).response ?? {},
          schema?.responsekeys ?? [],
          system.schema,
        )
      }
    })
  },
)

const bent = (payload: Dictionary): Record<string, never> =>
  Object.fromEntries(Object.keys(payload).map((key) => [key, { not: 'this' }])) as never

function devices(): readonly (readonly [AppleSystem, DeviceView])[] {
  return [macosSystem, iosSystem, ipadosSystem, tvosSystem, visionosSystem].flatMap((system) =>
    enrolmentModes[system.name].flatMap((mode) =>
      Array.from(
        { length: 4 },
        (_, i) =>
          [system, { mode, inventory: describeDevice(system, mode, createRng(`s${i}`)), settings: {} }] as const,
      ),
    ),
  )
}
