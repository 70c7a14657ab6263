import { CodedError } from '@muster/shared/core'

/** An error as it is, or what a full disk means to somebody who can do something about it. */
export function namingDiskFull(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || (thrown as NodeJS.ErrnoException).code !== 'ENOSPC') return thrown
  const text = `the disk is full: free some space and start again (${thrown.message})`
  return new CodedError('store/disk-full', text, { cause: thrown })
}
