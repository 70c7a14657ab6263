import { createPlanner, type Planner } from './planner.ts'
import type { Tables } from './ports.ts'

/** The planner for the policies and filters as they stand, kept until somebody changes them. */
export interface Planning {
  current(tables: Pick<Tables, 'policies' | 'filters'>): Promise<Planner>
  /** Policies or filters have changed: plan anew from the next call on. */
  invalidate(): void
}

export function createPlanning(): Planning {
  let planner: Promise<Planner> | undefined
  return {
    current: (tables) => {
      planner ??= freshPlanner(tables).catch((error: unknown) => {
        planner = undefined
        throw error
      })
      return planner
    },
    invalidate: () => {
      planner = undefined
    },
  }
}

/** A planner of what the tables say now, inside the transaction that changes them. */
export async function freshPlanner(tables: Pick<Tables, 'policies' | 'filters'>): Promise<Planner> {
  const [policies, filters] = await Promise.all([tables.policies.list(), tables.filters.list()])
  return createPlanner(policies, filters)
}
