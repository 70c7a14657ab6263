import {
  type CheckInReply,
  type DeviceCommand,
  type EnrolmentReply,
  type PolicyBody,
  type PolicyItem,
  type PolicySet,
  PopulationGroup,
  type Temperament,
} from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { createDevice } from './create-device.ts'
import type { DeviceInput, Effect } from './messages.ts'
import type { CommandOutcome, ItemOutcome, Platform, Wait } from './platform.ts'
import type { DeviceState } from './state.ts'
import { step } from './step.ts'

export const NOW_MS = 1_800_000_000_000

/** A command's or an item's address says what comes of it. */
const commandOutcomes: Readonly<Record<string, Partial<CommandOutcome>>> = {
  './Test/Restart': { effect: 'restart' },
  './Test/ShutDown': { effect: 'shut-down' },
  './Test/Wipe': { effect: 'wipe' },
  './Test/Unenrol': { effect: 'unenrol' },
  './Test/Rename': { deviceName: 'RENAMED' },
  './Test/NotNow': { later: true },
}

/** A platform of few words: what its items and commands do is in their addresses. */
export const testPlatform: Platform = {
  name: 'windows',
  cadence: { afterEnrolment: [{ everyMs: 3 * MINUTE_MS, forMs: 15 * MINUTE_MS }], steadyMs: 8 * HOUR_MS },
  drifts: [
    { fact: 'encrypted', to: false, perDay: 1, heals: true },
    { fact: 'firewallOn', to: false, perDay: 1, heals: false },
  ],
  describe: (_mode, chance) => ({
    deviceName: `TEST-${chance.hex(6)}`,
    os: { name: 'Windows', version: '10.0.26100' },
    hardware: {
      manufacturer: 'Test',
      model: 'Box',
      serialNumber: chance.hex(10),
      totalStorageBytes: 256e9,
      physicalMemoryBytes: 16e9,
    },
    posture: { encrypted: true, firewallOn: true },
  }),
  apply: (item, _device, { after }) => applyOne(item, after),
  evaluate: (item, { inventory }) => ({
    itemId: item.itemId,
    protocol: 'omadm',
    status: 200,
    data: inventory.posture.encrypted === true,
  }),
  remove: (item) => ({ settings: { [addressOf(item)]: null } }),
  perform: (command) => ({
    result: { itemId: 'command', protocol: 'omadm', status: 200 },
    ...commandOutcomes[command.protocol === 'omadm' ? command.locUri : ''],
  }),
}

function applyOne(item: PolicyItem, after: Wait | undefined): ItemOutcome {
  const address = addressOf(item)
  const result = { itemId: item.itemId, protocol: 'omadm' as const }
  const waitsFor = address.endsWith('/restart') ? 'restart' : address.endsWith('/user') ? 'user' : undefined
  if (waitsFor && after !== waitsFor) return { result: { ...result, status: 202 }, waitsFor }
  if (address.endsWith('/fail')) return { result: { ...result, status: 500 } }
  return { result: { ...result, status: 200 }, settings: { [address]: true } }
}

const addressOf = (item: PolicyItem): string => (item.protocol === 'omadm' ? item.locUri : item.itemId)

/** `abc1` → a GUID that ends so: tests name things by short words of hexadecimal digits. */
export const guid = (word: string): string => `00000000-0000-4000-8000-${word.padStart(12, '0')}`
export const sha = (word: string): string => word.padStart(64, '0')

export const configuration = (word: string, revision: number, ...addresses: string[]): PolicyBody => ({
  v: 1,
  policyId: guid(word),
  revision,
  kind: 'configuration',
  platform: 'windows',
  items: addresses.map((address) => item(address, 'Replace')),
})

export const compliance = (word: string, revision: number): PolicyBody => ({
  v: 1,
  policyId: guid(word),
  revision,
  kind: 'compliance',
  platform: 'windows',
  items: [item('encrypted', 'Get')],
})

const item = (address: string, verb: 'Get' | 'Replace'): PolicyItem => ({
  itemId: address,
  covers: [address],
  protocol: 'omadm',
  verb,
  locUri: `./Test/${address}`,
})

/** A body's digest in tests: its policy and revision say all. */
export const shaOf = (body: PolicyBody): string => sha(`${body.policyId.slice(-6)}${body.revision}`)

export const setOf = (digest: string, ...bodies: PolicyBody[]): PolicySet => ({
  digest: sha(digest),
  policies: bodies.map((body) => ({
    policyId: body.policyId,
    revision: body.revision,
    kind: body.kind,
    sha256: shaOf(body),
  })),
})

export const bodiesOf = (...bodies: PolicyBody[]): ReadonlyMap<string, PolicyBody> =>
  new Map(bodies.map((body) => [shaOf(body), body]))

export const command = (word: string, action: DeviceCommand['action'], address: string): DeviceCommand => ({
  commandId: guid(word),
  action,
  correlationId: `action-${word}`,
  native: { protocol: 'omadm', verb: 'Exec', locUri: `./Test/${address}` },
})

export const managed = (
  ackedSeq: number,
  rest: Partial<Extract<CheckInReply, { outcome: 'managed' }>> = {},
): CheckInReply => ({ outcome: 'managed', deviceId: guid('d1'), ackedSeq, commands: [], ...rest })

export const enrolledReply = (requestId: string, nowMs = NOW_MS, deviceId = guid('d1')): EnrolmentReply => ({
  outcome: 'enrolled',
  requestId,
  deviceId,
  certificate: {
    certificate: 'AAAA',
    serialNumber: 'a1b2',
    notBeforeMs: nowMs,
    notAfterMs: nowMs + 365 * 24 * HOUR_MS,
    renewAfterMs: nowMs + 292 * 24 * HOUR_MS,
  },
})

/** A device and everything that it has wanted done so far; each call of `feed` is one step. */
export interface Trial {
  state: DeviceState
  /** Effects of the last step. */
  effects: readonly Effect[]
  feed(input: WithoutTime<DeviceInput>, nowMs?: number): Trial
  /** The effect of this type of the last step; fails when there is none. */
  effect<T extends Effect['type']>(type: T): Extract<Effect, { type: T }>
}

type WithoutTime<I> = I extends DeviceInput ? Omit<I, 'nowMs'> : never

export function trial(state: DeviceState, platform: Platform = testPlatform): Trial {
  const self: Trial = {
    state,
    effects: [],
    feed: (input, nowMs = NOW_MS) => {
      const outcome = step(self.state, { ...input, nowMs } as DeviceInput, platform)
      self.state = outcome.state
      self.effects = outcome.effects
      return self
    },
    effect: (type) => {
      const found = self.effects.find((effect) => effect.type === type)
      if (!found) throw new Error(`no effect ${type} among ${self.effects.map((effect) => effect.type).join(', ')}`)
      return found as never
    },
  }
  return self
}

/** Nothing happens by itself, so that a test sees only what it does. */
export const calm: Partial<Temperament> = { driftFactor: 0, applyFailure: 0, checkInJitter: 0 }

export const newborn = (temperament: Partial<Temperament> = calm, index = 1, mode = 'entra-join'): DeviceState =>
  createDevice(
    {
      seed: 'seed',
      group: PopulationGroup.parse({ name: 'win', platform: 'windows', mode, count: 10, temperament }),
      index,
      users: { count: 3, domain: 'contoso.example' },
    },
    testPlatform,
  )

/** Enrolled, its first check-in answered with nothing to do. */
export function enrolled(temperament: Partial<Temperament> = calm, platform: Platform = testPlatform): Trial {
  const device = trial(newborn(temperament), platform)
  device.feed({ type: 'born', enrolAtMs: NOW_MS }).feed({ type: 'due' })
  device.feed({ type: 'enrolment-answer', answer: enrolledReply(device.state.enrolmentRequestId) })
  return device.feed({ type: 'check-in-answer', answer: managed(0) })
}

/** Let a device check in by a poke, and answer. */
export function visit(device: Trial, answer: CheckInReply, nowMs = NOW_MS): Trial {
  device.feed({ type: 'poke', spreadMs: 0, correlationId: 'poke-1' }, nowMs)
  return device.feed({ type: 'check-in-answer', answer }, nowMs)
}

/** Give a device a policy set and the bodies that it asks for. */
export function assign(device: Trial, ackedSeq: number, digest: string, ...bodies: PolicyBody[]): Trial {
  visit(device, managed(ackedSeq, { policySet: setOf(digest, ...bodies) }))
  return device.feed({ type: 'bodies', bodies: bodiesOf(...bodies) })
}
