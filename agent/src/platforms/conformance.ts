import {
  CommandResult,
  enrolmentModes,
  Inventory,
  ItemResult,
  type NativeCommand,
  type PolicyItem,
  Posture,
  type Protocol,
} from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attempt, DeviceView, Platform, Wait } from '../domain/platform.ts'

interface PlatformConformance {
  /** The protocols that the platform answers in. */
  readonly protocols: readonly Protocol[]
  /** Items as the control service renders them: tried on every kind of device, and bent in arbitrary ways. */
  readonly samples: readonly PolicyItem[]
}

const attempt = (seed: string, rest: Partial<Attempt> = {}): Attempt => ({
  chance: createRng(seed),
  failure: 0,
  ...rest,
})

/** What every platform promises, whatever it manages. Run it for each. */
export function platformConformance(platform: Platform, options: PlatformConformance): void {
  describe(`${platform.name} as a platform`, () => {
    promisesOfDevices(platform)
    promisesOfAnswers(platform, options)
  })
}

/** Devices as they are described and as they change by themselves. */
function promisesOfDevices(platform: Platform): void {
  const modes = enrolmentModes[platform.name]

  it('describes the same device for the same mode and seed', () => {
    for (const mode of modes) {
      expect(platform.describe(mode, createRng('a device'))).toEqual(platform.describe(mode, createRng('a device')))
    }
  })

  it('describes valid devices, each with a serial number of its own', () => {
    for (const mode of modes) {
      const inventories = Array.from({ length: 100 }, (_, i) => platform.describe(mode, createRng(`device ${i}`)))
      for (const inventory of inventories) expect(Inventory.parse(inventory)).toEqual(inventory)
      expect(new Set(inventories.map(({ hardware }) => hardware.serialNumber)).size).toBe(100)
    }
  })

  it('describes the models that are asked for', () => {
    for (const mode of modes) {
      const { model } = platform.describe(mode, createRng('any')).hardware
      for (const name of [model, 'Model of Tomorrow']) {
        expect(platform.describe(mode, createRng('other'), { [name]: 1 }).hardware.model).toBe(name)
      }
    }
  })

  it('drifts to facts that can be', () => {
    for (const { fact, to, perDay } of platform.drifts) {
      expect(perDay).toBeGreaterThan(0)
      for (const [at, mode] of modes.entries()) {
        const chance = createRng(`drift ${at}`)
        const value = typeof to === 'function' ? to(platform.describe(mode, chance.fork('device')), chance) : to
        expect(Posture.parse({ [fact]: value })).toEqual({ [fact]: value })
      }
    }
  })

  it('checks in more often after enrolment than later', () => {
    for (const { everyMs, forMs } of platform.cadence.afterEnrolment) {
      expect(everyMs).toBeGreaterThan(0)
      expect(forMs).toBeGreaterThanOrEqual(everyMs)
      expect(everyMs).toBeLessThanOrEqual(platform.cadence.steadyMs)
    }
  })

  it('updates upwards and comes to an end', () => {
    for (const mode of modes) {
      for (let i = 0; i < 20; i++) {
        const view: DeviceView = { mode, inventory: platform.describe(mode, createRng(`old ${i}`)), settings: {} }
        const seen = new Set<string>()
        for (let os = platform.updater?.next(view.inventory.os, view); os; os = platform.updater?.next(os, view)) {
          const version = `${os.version} ${os.build ?? ''} ${os.securityPatch ?? ''}`
          expect(seen).not.toContain(version)
          seen.add(version)
        }
        expect(seen.size).toBeLessThan(50)
      }
    }
  })
}

/** Items and commands, whatever they are. */
function promisesOfAnswers(platform: Platform, { protocols, samples }: PlatformConformance): void {
  const seed = fc.string({ maxLength: 12 })
  const device = fc
    .tuple(fc.constantFrom(...enrolmentModes[platform.name]), seed)
    .map(([mode, name]): DeviceView => ({ mode, inventory: platform.describe(mode, createRng(name)), settings: {} }))
  const circumstances = fc.record({
    seed,
    failure: fc.constantFrom(0, 0.5, 1),
    after: fc.constantFrom<Wait | undefined>(undefined, 'restart', 'user', 'install'),
  })
  const tries = circumstances.map(({ seed: name, failure, after }) =>
    attempt(name, { failure, ...(after ? { after } : {}) }),
  )
  const item =
    samples.length === 0 ? arbitraryItem : fc.oneof(arbitraryItem, fc.constantFrom(...samples), bent(samples))

  it('applies any item: a valid result for it, and facts that can be', () => {
    fc.assert(
      fc.property(item, device, tries, (given, view, circumstance) => {
        const outcome = platform.apply(given, frozen(view), circumstance)
        expectAnswer(outcome.result, given, protocols)
        expect(Posture.parse(outcome.posture ?? {})).toEqual(outcome.posture ?? {})
      }),
    )
  })

  it('answers any rule, twice alike', () => {
    fc.assert(
      fc.property(item, device, (given, view) => {
        const result = platform.evaluate(given, frozen(view))
        expectAnswer(result, given, protocols)
        expect(platform.evaluate(given, frozen(view))).toEqual(result)
      }),
    )
  })

  it('does the same with the same device and the same chance', () => {
    fc.assert(
      fc.property(item, device, seed, (given, view, name) => {
        const again = (): unknown => platform.apply(given, view, attempt(name, { failure: 0.5 }))
        expect(again()).toEqual(again())
      }),
    )
  })

  it('takes back nothing but what the item had set', () => {
    fc.assert(
      fc.property(item, device, (given, view) => {
        const set = platform.apply(given, view, attempt('apply')).settings ?? {}
        const removed = platform.remove(given, frozen(view)).settings ?? {}
        for (const [address, value] of Object.entries(removed)) {
          expect(value).toBeNull()
          if (Object.keys(set).length > 0) expect(Object.keys(set)).toContain(address)
        }
      }),
    )
  })

  it('performs any command: a valid result in its own protocol', () => {
    fc.assert(
      fc.property(arbitraryCommand, device, tries, (command, view, circumstance) => {
        const outcome = platform.perform(command, frozen(view), circumstance)
        const answer = { commandId: '00000000-0000-4000-8000-000000000000', finishedAtMs: 0, result: outcome.result }
        expect(CommandResult.parse(answer)).toEqual(answer)
        expect(protocols).toContain(outcome.result.protocol)
      }),
    )
  })
}

function expectAnswer(result: ItemResult, item: PolicyItem, protocols: readonly Protocol[]): void {
  expect(ItemResult.parse(result)).toEqual(result)
  expect(result.itemId).toBe(item.itemId)
  expect(protocols).toContain(result.protocol)
}

export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}

const word = fc.string({ minLength: 1, maxLength: 30 })
const head = { itemId: word, covers: fc.array(word, { minLength: 1, maxLength: 3 }) }
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<never>
const scalar = fc.oneof(fc.boolean(), fc.integer(), word)

/** Items that keep to the contract and to nothing else. */
export const arbitraryItem: fc.Arbitrary<PolicyItem> = fc.oneof(
  fc.record({
    ...head,
    protocol: fc.constant('omadm' as const),
    verb: fc.constantFrom('Get', 'Add', 'Replace', 'Delete', 'Exec'),
    locUri: word.map((path) => `./${path}`),
    data: scalar,
  }),
  fc.record({
    ...head,
    protocol: fc.constant('apple-mdm' as const),
    requestType: word,
    payload: fc.dictionary(word, json),
  }),
  fc.record({
    ...head,
    protocol: fc.constant('apple-ddm' as const),
    type: word.map((name) => `com.apple.${name}`),
    identifier: word,
    serverToken: word,
    payload: fc.dictionary(word, json),
  }),
  fc.record({ ...head, protocol: fc.constant('amapi' as const), settingName: word, value: json }),
  fc.record({
    ...head,
    protocol: fc.constant('linux' as const),
    settingDefinitionItemId: word,
    ruleId: word,
    value: scalar,
  }),
)

export const arbitraryCommand: fc.Arbitrary<NativeCommand> = fc.oneof(
  fc.record({
    protocol: fc.constant('omadm' as const),
    verb: fc.constantFrom('Exec', 'Replace', 'Delete'),
    locUri: word.map((path) => `./${path}`),
  }),
  fc.record({ protocol: fc.constant('apple-mdm' as const), requestType: word, payload: fc.dictionary(word, json) }),
  fc.record({ protocol: fc.constant('amapi' as const), type: word, parameters: fc.dictionary(word, json) }),
  fc.constant({ protocol: 'linux' as const, name: 'unenroll' as const }),
)

/** Real items with one value somewhere in what they carry replaced by anything that the contract allows there. */
const bent = (samples: readonly PolicyItem[]): fc.Arbitrary<PolicyItem> =>
  fc.tuple(fc.constantFrom(...samples), fc.nat(), json, scalar).map(([sample, position, anything, plain]) => {
    if ('payload' in sample)
      return { ...sample, payload: replaceLeaf(sample.payload, position, anything) } as PolicyItem
    if (sample.protocol === 'amapi')
      return { ...sample, value: replaceLeaf(sample.value, position, anything) } as PolicyItem
    return (sample.protocol === 'linux' ? { ...sample, value: plain } : { ...sample, data: plain }) as PolicyItem
  })

function replaceLeaf(value: unknown, position: number, replacement: unknown): unknown {
  if (typeof value !== 'object' || value === null) return replacement
  const entries = Object.entries(value)
  const chosen = entries[position % Math.max(entries.length, 1)]
  if (!chosen) return value
  const bent = replaceLeaf(chosen[1], Math.floor(position / entries.length), replacement)
  return Array.isArray(value) ? value.with(Number(chosen[0]), bent) : { ...value, [chosen[0]]: bent }
}
