import type { Device } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { putVisits } from './device-row.ts'

/** Visits that are held at the most; then they are written, all of them. */
const HELD_MAX = 20_000

/**
 * What a check-in changes of a device, held in memory until somebody asks the listing, or until the end of the transaction
 * where what is committed has to outlive the process. A store in memory lives no longer than what is held here, so that a
 * device that looks in ten times between two questions is written once.
 */
export interface HeldVisits {
  /** Nothing of this device differs from its row but its visit. */
  hold(device: Device): void
  /** A device as it is, from its row. */
  seen(device: Device): Device
  /** The row of this device is about to be written: its visit first. */
  write(id: string): void
  /** The listing is about to be read as a whole. */
  writeAll(): void
  /** The end of a transaction. Before its commit: what has to be written is. */
  settle(): void
  commit(): void
  /** What the transaction held is forgotten, and what it wrote of others' is held again. */
  rollBack(): void
}

/** `durable`: nothing is held beyond its transaction. */
export function createHeldVisits(database: Database, durable: boolean): HeldVisits {
  /** Of transactions that are committed. */
  const held = new Map<string, Device>()
  /** Of the one under way. */
  const own = new Map<string, Device>()
  /** Held before, and written by the one under way. */
  const written = new Map<string, Device>()

  const take = (id: string): Device | undefined => {
    const before = held.get(id)
    const latest = own.get(id) ?? before
    own.delete(id)
    if (before && held.delete(id)) written.set(id, before)
    return latest
  }
  const writeAll = (): void => {
    const ids = new Set([...held.keys(), ...own.keys()])
    if (ids.size > 0)
      putVisits(
        database,
        [...ids].flatMap((id) => take(id) ?? []),
      )
  }
  return {
    hold: (device) => void own.set(device.id, device),
    seen: (device) => own.get(device.id) ?? held.get(device.id) ?? device,
    write: (id) => {
      const latest = take(id)
      if (latest) putVisits(database, [latest])
    },
    writeAll,
    settle: () => {
      if (durable || held.size + own.size > HELD_MAX) writeAll()
    },
    commit: () => {
      for (const [id, device] of own) held.set(id, device)
      own.clear()
      written.clear()
    },
    rollBack: () => {
      own.clear()
      for (const [id, device] of written) held.set(id, device)
      written.clear()
    },
  }
}
