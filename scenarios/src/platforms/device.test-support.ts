import { platformOf } from '@muster/agent/platforms'
import { managementOf } from '@muster/control/management'
import {
  enrolmentMode,
  type Inventory,
  type NativeCommand,
  type PlatformName,
  type PolicyItem,
  type PolicyKind,
  type RemoteActionName,
  type SettingValue,
} from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'

type Platform = ReturnType<typeof platformOf>
type DeviceView = Parameters<Platform['apply']>[1]
type Attempt = Parameters<Platform['apply']>[2]
type Outcome = ReturnType<Platform['apply']>
type Settings = Readonly<Record<string, SettingValue>>

/** One device and the control service, with nothing between them. */
interface Pair {
  /** How each setting of a configuration policy stands when the device has tried it. */
  configure(settings: Settings, attempt?: Partial<Attempt>): Record<string, string>
  /** The device takes the policy's items back; those that the policy has with other settings too stay. */
  remove(settings: Settings, except?: Settings): void
  /** How each setting of a compliance policy stands. */
  judge(settings: Settings): Record<string, string>
  /** Codes of the settings that have one. */
  readonly codes: Readonly<Record<string, string>>
  readonly inventory: Inventory
  readonly settings: Settings
  /** What items of the last policy wait for. */
  readonly waitsFor: readonly string[]
  act(action: RemoteActionName, parameters?: Record<string, unknown>): { state: string; effect?: string; code?: string }
}

export interface PairOptions {
  readonly mode?: string
  readonly seed?: string
  readonly os?: string
  readonly model?: string
  readonly posture?: Partial<Inventory['posture']>
  readonly imei?: string | undefined
}

/** A device as described for a seed, with what the test wants otherwise. */
export function createPair(name: PlatformName, options: PairOptions = {}): Pair {
  const platform = platformOf(name)
  const management = managementOf(name)
  const mode = enrolmentMode(name, options.mode ?? '') ?? platformModes(name)
  let view: DeviceView = { mode, settings: {}, inventory: describe(platform, mode, options) }
  let codes: Record<string, string> = {}
  let waitsFor: readonly string[] = []
  let tries = 0

  const take = ({ settings = {}, posture = {}, os }: Outcome): void => {
    const merged = { ...view.settings, ...settings }
    const inventory = {
      ...view.inventory,
      os: os ?? view.inventory.os,
      posture: { ...view.inventory.posture, ...posture },
    }
    const inForce = Object.entries(merged).filter((entry): entry is [string, SettingValue] => entry[1] !== null)
    view = { ...view, inventory, settings: Object.fromEntries(inForce) }
  }
  const chance = (): Attempt['chance'] => createRng(`try ${tries++}`)
  const states = (
    kind: PolicyKind,
    settings: Settings,
    items: readonly PolicyItem[],
    results: readonly Outcome['result'][],
  ) => {
    const outcomes = management.interpret(kind, settings, items, results, name)
    codes = Object.fromEntries(outcomes.flatMap(({ setting, errorCode }) => (errorCode ? [[setting, errorCode]] : [])))
    return Object.fromEntries(outcomes.map(({ setting, state }) => [setting, state]))
  }

  return {
    get codes() {
      return codes
    },
    get inventory() {
      return view.inventory
    },
    get settings() {
      return view.settings
    },
    get waitsFor() {
      return waitsFor
    },
    configure(settings, attempt = {}) {
      const items = management.render('configuration', settings, name)
      const outcomes = items.map((item) => {
        const outcome = platform.apply(item, view, { chance: chance(), failure: 0, ...attempt })
        take(outcome)
        return outcome
      })
      waitsFor = outcomes.flatMap((outcome) => outcome.waitsFor ?? [])
      return states(
        'configuration',
        settings,
        items,
        outcomes.map(({ result }) => result),
      )
    },
    remove(settings, except = {}) {
      const kept = new Set(management.render('configuration', except, name).map(({ itemId }) => itemId))
      for (const item of management.render('configuration', settings, name)) {
        if (!kept.has(item.itemId)) take({ ...platform.remove(item, view), result: platform.evaluate(item, view) })
      }
    },
    judge(settings) {
      const items = management.render('compliance', settings, name)
      return states(
        'compliance',
        settings,
        items,
        items.map((item) => platform.evaluate(item, view)),
      )
    },
    act(action, parameters = {}) {
      const command = management.renderAction(action, parameters, { platform: name, mode })
      if (!command) return { state: 'none' }
      return perform(command)
    },
  }

  function perform(command: NativeCommand): { state: string; effect?: string; code?: string } {
    const {
      result,
      effect,
      settings = {},
      posture = {},
    } = platform.perform(command, view, { chance: chance(), failure: 0 })
    take({ result, settings, posture })
    const state = management.interpretAction({
      commandId: '00000000-0000-4000-8000-000000000000',
      finishedAtMs: 0,
      result,
    })
    const root = result.protocol === 'apple-mdm' ? result.errorChain?.at(-1) : undefined
    return { state, ...(effect ? { effect } : {}), ...(root ? { code: `${root.ErrorDomain} ${root.ErrorCode}` } : {}) }
  }
}

function platformModes(name: PlatformName): NonNullable<ReturnType<typeof enrolmentMode>> {
  const first = ['ade', 'ade-userless', 'autopilot', 'fully-managed', 'user'].flatMap(
    (id) => enrolmentMode(name, id) ?? [],
  )[0]
  if (!first) throw new Error(`${name} has no usual mode`)
  return first
}

function describe(platform: Platform, mode: DeviceView['mode'], options: PairOptions): Inventory {
  const { seed = 'device', model, os, posture = {} } = options
  const found = platform.describe(mode, createRng(seed), model === undefined ? undefined : { [model]: 1 })
  const { imei, ...hardware } = found.hardware
  const modem = 'imei' in options ? options.imei : imei
  return {
    ...found,
    os: os === undefined ? found.os : { ...found.os, version: os },
    hardware: { ...hardware, ...(modem === undefined ? {} : { imei: modem }) },
    posture: { ...found.posture, ...posture },
  }
}
