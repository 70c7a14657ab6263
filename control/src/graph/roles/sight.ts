import type { Tables } from '../../app/ports.ts'
import type { Device, Policy } from '../../domain/model.ts'
import { devicesSeen, READ_DEVICES } from './device-sight.ts'
import { type Reach, reaches } from './reach.ts'
import { shownTags } from './written-tags.ts'

/** What of a tenant may be told to somebody who asks for all of it at once. */
export interface Sight {
  /** Those of these devices that they may know of. */
  devices<D extends Pick<Device, 'id' | 'scopeTagIds'>>(devices: readonly D[]): Promise<readonly D[]>
  policy(policy: Pick<Policy, 'scopeTagIds'>): boolean
  /** Whether they may know of everything. */
  readonly isWhole: boolean
}

const DEVICES = 'Microsoft.Intune_ManagedDevices_'

/** By the tags of policies that `action` is allowed with, and those of devices that may be read where it speaks of none. */
export function sightOf(tables: Pick<Tables, 'objects' | 'groups'>, reach: Reach, action: string): Sight {
  const onDevices = action.startsWith(DEVICES) ? action : READ_DEVICES
  return {
    devices: (devices) => devicesSeen(tables, reach, onDevices, devices),
    policy: (policy) => reaches(reach, shownTags(policy), [action]),
    isWhole: reach.access === undefined,
  }
}
