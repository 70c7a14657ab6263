import { CodedError, ok, type Result, refuse } from '../core/result.ts'

/**
 * Runs what reads or writes a document deep down and makes its `CodedError` a refusal, at the door of this layer.
 * Whatever else is thrown is a broken invariant and goes on its way.
 */
export function attempt<T>(work: () => T): Result<T> {
  try {
    return ok(work())
  } catch (error) {
    if (error instanceof CodedError) return refuse(error.code, error.message, error.at)
    throw error
  }
}
