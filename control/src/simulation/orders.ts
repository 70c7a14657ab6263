import { enrolmentMode, type OrderReply, type Population, type WorldOrder } from '@muster/shared/contracts'
import { ok, type Result, refuse } from '@muster/shared/core'
import { makeEnrolmentTokens } from '../app/make-enrolment-tokens.ts'
import type { Control } from '../control.ts'
import { dealsOf } from './deals.ts'

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
  const hellos = control.workers.reachable().map(({ hello }) => hello)
  const deals = dealsOf(population.groups, hellos)
  const tight = deals.find(({ shares }) => !shares)
  if (tight) {
    const names = [...new Set(tight.groups.map(({ platform }) => platform))].join(', ')
    return refuse(
      'simulation/no-workers',
      `${tight.wanted} devices (${names}) were asked for; ${tight.workers.length} workers that take them have room for ${tight.room}. Start more with \`muster worker\``,
    )
  }
  const tokens = await makeEnrolmentTokens(control.deps, population.groups)
  const replies = await Promise.all(
    deals.flatMap(({ groups, workers, shares = [] }) =>
      workers.map(({ agentId }, shard) =>
        control.workers.order(agentId, {
          order: 'populate',
          population: { ...population, groups: [...groups] },
          shard,
          shares: [...shares],
          tokens,
        }),
      ),
    ),
  )
  return ok({ devices: replies.reduce((sum, { devices }) => sum + devices, 0), workers: hellos.length })
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
