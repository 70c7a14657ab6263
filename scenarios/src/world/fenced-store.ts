import type { ControlDeps } from '@muster/control'

type Store = ControlDeps['store']
type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>

/** A store that one life of the control service has in hand. */
export interface FencedStore {
  readonly store: Store
  /** That life is over: nothing that it still wants reads or writes, and what is not committed never will be. */
  fence(): void
}

/** Put a fence round a store that outlives its user. `close` is left to the owner. */
export function fenceStore(store: Store): FencedStore {
  let fenced = false
  const check = (): void => {
    if (fenced) throw new Error('this life of the control service is over')
  }
  const tables = Object.entries(store).flatMap(([name, table]) => {
    if (typeof table !== 'object') return []
    const methods = Object.entries(table as Methods).map(([method, call]) => [
      method,
      async (...args: unknown[]) => {
        check()
        return call(...args)
      },
    ])
    return [[name, Object.fromEntries(methods)]]
  })
  return {
    store: {
      ...(Object.fromEntries(tables) as Store),
      transaction: async (work) => {
        check()
        return store.transaction(async (inside) => {
          const value = await work(inside)
          check()
          return value
        })
      },
      close: async () => undefined,
    },
    fence: () => {
      fenced = true
    },
  }
}
