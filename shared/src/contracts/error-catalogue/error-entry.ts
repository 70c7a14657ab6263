/**
 * How a coded error is shown: `status` and `graph` are what the HTTP door answers, `exit` is the process's exit code where the
 * command line meets it.
 */
export interface ErrorEntry {
  readonly status: number
  readonly graph: string
  readonly exit: number
  readonly meaning: string
}
