import { enrolmentMode, type OrderReply, type Population, type WorldOrder } from '@muster/shared/contracts'
import { ok, type Result, refuse } from '@muster/shared/core'
import { makeEnrolmentTokens } from '../app/make-enrolment-tokens.ts'
import type { Control } from '../control.ts'

/**
 * Make a population: each worker that is alive gets its share, and no more than it has room for. Refusals: `simulation/no-workers`,
 * `simulation/mode-unknown`.
 */
export async function populate(control: Control, population: Population): Promise<Result<OrderReply>> {
  for (const [index, { platform, mode }] of population.groups.entries()) {
    if (!enrolmentMode(platform, mode)) {
      return refuse('enrolment/mode-unknown', `${platform} has no enrolment mode ${mode}`, `groups.${index}.mode`)
    }
  }
  const workers = control.workers.reachable()
  const wanted = population.groups.reduce((sum, { count }) => sum + count, 0)
  const rooms = workers.map(({ hello }) => hello.capacity - Object.values(hello.devices).reduce((a, b) => a + b, 0))
  const room = rooms.reduce((sum, each) => sum + each, 0)
  if (room < wanted) {
    return refuse(
      'simulation/no-workers',
      `${wanted} devices were asked for; ${workers.length} workers have room for ${room}. Start more with \`muster worker\``,
    )
  }
  const tokens = await makeEnrolmentTokens(control.deps, population.groups)
  const shares = sharesOf(wanted, rooms)
  const replies = await Promise.all(
    workers.map(({ hello }, shard) =>
      control.workers.order(hello.agentId, { order: 'populate', population, shard, shares, tokens }),
    ),
  )
  return ok({ devices: replies.reduce((sum, { devices }) => sum + devices, 0), workers: workers.length })
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

/**
 * Give an order to all workers.
 * @throws CodedError `simulation/worker-silent`, and what `Workers.order` throws
 */
export async function orderAll(control: Control, order: WorldOrder): Promise<OrderReply> {
  const workers = control.workers.reachable()
  const replies = await Promise.all(workers.map(({ hello }) => control.workers.order(hello.agentId, order)))
  return { devices: replies.reduce((sum, { devices }) => sum + devices, 0), workers: workers.length }
}
