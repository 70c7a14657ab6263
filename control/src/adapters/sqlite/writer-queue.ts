/** Runs jobs one after another, in the order in which they were given. */
export interface WriterQueue {
  run<T>(job: () => Promise<T>): Promise<T>
  /** Resolves when everything that was given so far has ended. */
  idle(): Promise<void>
}

export function createWriterQueue(): WriterQueue {
  let tail: Promise<unknown> = Promise.resolve()
  return {
    run: (job) => {
      const result = tail.then(job, job)
      tail = result.catch(() => undefined)
      return result
    },
    idle: async () => {
      await tail
    },
  }
}
