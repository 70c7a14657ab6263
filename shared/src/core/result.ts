import type { ErrorCode } from '../contracts/errors.ts'

/**
 * An expected refusal, as a value. `message` is for people and names the field and the fix; `at` locates it
 * (a JSON path, `file:line:col`, a subject, a header); `code` is from the closed catalogue `contracts/errors.ts`.
 */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly at?: string
}

/** Outcome of an operation whose refusals are part of its contract. Broken invariants throw instead. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })

export const refuse = (code: ErrorCode, message: string, at?: string): { ok: false; refusal: Refusal } => ({
  ok: false,
  refusal: at === undefined ? { code, message } : { code, message, at },
})

/** A coded error that travels as an exception, where a `Result` cannot (event handlers, process boundaries). */
export class CodedError extends Error {
  readonly code: ErrorCode
  readonly at: string | undefined

  constructor(code: ErrorCode, message: string, options: { at?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CodedError'
    this.code = code
    this.at = options.at
  }

  static of(refusal: Refusal): CodedError {
    return new CodedError(refusal.code, refusal.message, refusal.at === undefined ? {} : { at: refusal.at })
  }
}

/** The value of a result, or its refusal thrown as a `CodedError`. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw CodedError.of(result.refusal)
}
