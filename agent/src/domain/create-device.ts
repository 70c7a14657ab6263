import { deviceKey, type PopulationGroup, SOFTWARE_PROFILES, userPrincipalName } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import type { Platform } from './platform.ts'
import { type DeviceState, noMarks } from './state.ts'
import { guidFrom, modeOf } from './turn.ts'

/** What a device is made from. */
export interface Birth {
  readonly seed: string
  readonly group: PopulationGroup
  /** The device's number in its group, from 1. */
  readonly index: number
  readonly users: { readonly count: number; readonly domain: string }
}

/** A device as it is before anything has happened to it. All of it follows from the seed and its name. */
export function createDevice({ seed, group, index, users }: Birth, platform: Platform): DeviceState {
  const key = deviceKey(group.name, index)
  const chance = createRng(`${seed}/${key}`)
  const mode = modeOf({ platform: group.platform, mode: group.mode })
  const inventory = {
    ...platform.describe(mode, chance.fork('describe'), group.models),
    // What is on a device of one's own is nobody else's business.
    ...(mode.ownership === 'company' ? { software: chance.fork('software').int(0, SOFTWARE_PROFILES - 1) } : {}),
  }
  return {
    key,
    seed,
    group: group.name,
    turn: 0,
    platform: group.platform,
    mode: group.mode,
    ...(mode.user === 'required'
      ? { userPrincipalName: userPrincipalName(((index - 1) % users.count) + 1, users.domain) }
      : {}),
    ...(group.attributes ? { attributes: group.attributes } : {}),
    temperament: group.temperament,
    phase: 'new',
    online: true,
    inventory,
    reportedInventory: inventory,
    enrolmentRequestId: guidFrom(chance.fork('request')),
    policies: [],
    settings: {},
    agenda: [],
    marks: noMarks,
    lastSeq: 0,
    sequence: 0,
    outbox: [],
    answered: [],
    failures: 0,
  }
}
