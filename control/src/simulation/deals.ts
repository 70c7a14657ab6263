import type { PopulationGroup, WorkerHello } from '@muster/shared/contracts'

type Taker = Pick<WorkerHello, 'agentId' | 'capacity' | 'devices' | 'platforms'>

/** Parts of a population, and the workers that they are dealt to. */
export interface Deal {
  readonly groups: readonly PopulationGroup[]
  readonly workers: readonly Taker[]
  readonly wanted: number
  readonly room: number
  /** For each worker; absent when they have not got the room. */
  readonly shares?: readonly number[]
}

/** Parts that the same workers take are dealt together; first those that the fewest take. */
export function dealsOf(groups: readonly PopulationGroup[], hellos: readonly Taker[]): readonly Deal[] {
  const takers = ({ platform }: PopulationGroup): readonly Taker[] =>
    hellos.filter(({ platforms }) => !platforms || platforms.includes(platform))
  const rooms = new Map(
    hellos.map(({ agentId, capacity, devices }) => [
      agentId,
      Math.max(0, capacity - Object.values(devices).reduce((a, b) => a + b, 0)),
    ]),
  )
  const alike = Map.groupBy(groups, (group) =>
    takers(group)
      .map(({ agentId }) => agentId)
      .join(' '),
  )
  const parts = [...alike.values()].map((same) => ({ groups: same, workers: same[0] ? takers(same[0]) : [] }))
  return parts
    .sort((a, b) => a.workers.length - b.workers.length)
    .map((part) => {
      const wanted = part.groups.reduce((sum, { count }) => sum + count, 0)
      const free = part.workers.map(({ agentId }) => rooms.get(agentId) ?? 0)
      const room = free.reduce((sum, each) => sum + each, 0)
      if (room < wanted) return { ...part, wanted, room }
      const shares = sharesOf(wanted, free)
      for (const [index, { agentId }] of part.workers.entries())
        rooms.set(agentId, (free[index] ?? 0) - (shares[index] ?? 0))
      return { ...part, wanted, room, shares }
    })
}

/** As even as room allows; there is room for all. */
function sharesOf(wanted: number, rooms: readonly number[]): number[] {
  const shares = rooms.map(() => 0)
  for (let left = wanted; left > 0; ) {
    const open = shares.flatMap((share, index) => (share < (rooms[index] ?? 0) ? [index] : []))
    const each = Math.max(1, Math.floor(left / open.length))
    for (const index of open) {
      const share = shares[index] ?? 0
      const more = Math.min(each, left, (rooms[index] ?? 0) - share)
      shares[index] = share + more
      left -= more
    }
  }
  return shares
}
