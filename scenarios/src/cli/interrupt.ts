/** The ways a person or a supervisor asks a process to end: Ctrl-C, `kill`, a terminal that is closed. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Abort when the process is asked to end. It stays so until the release: a second Ctrl-C, or one that a terminal and a
 * parent both hand on, must not cut the orderly end short.
 *
 * @returns takes the listeners away
 */
export function abortOnSignal(stop: AbortController): () => void {
  const abort = (): void => stop.abort(new Error('interrupted'))
  for (const signal of SIGNALS) process.on(signal, abort)
  return () => {
    for (const signal of SIGNALS) process.off(signal, abort)
  }
}

/** Resolves when the signal is aborted, at once when it is already. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
