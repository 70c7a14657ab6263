import type { Logger } from '@muster/shared/runtime'

/** Work that goes on after its request has been answered. */
export interface Background {
  /** Begin it. What it rejects with goes to the log. */
  run(name: string, work: () => Promise<void>): void
  /** Everything begun so far has ended. */
  idle(): Promise<void>
}

export function createBackground(log: Logger): Background {
  const running = new Set<Promise<void>>()
  return {
    run: (name, work) => {
      const job = work()
        .catch((error: unknown) => log.error({ err: error }, `${name} failed`))
        .finally(() => running.delete(job))
      running.add(job)
    },
    idle: async () => {
      await Promise.all(running)
    },
  }
}
