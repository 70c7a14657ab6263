import type { ExpectationResult } from '@muster/shared/scenario'

type Result = Pick<ExpectationResult, 'ok' | 'outcome'>

/** It was judged, and did not hold. What was never asked has not failed, and has not held either. */
export const hasFailed = ({ ok, outcome }: Result): boolean => !ok && outcome === undefined

export const hasHeld = ({ ok, outcome }: Result): boolean => ok && outcome === undefined

/** How many held of those that could. */
export function heldOf(results: readonly Result[]): { readonly held: number; readonly all: number } {
  const all = results.filter(({ outcome }) => outcome !== 'not-measured')
  return { held: all.filter(hasHeld).length, all: all.length }
}

/** Failures first, then what was not asked, then the rest. */
export const worstFirst = <R extends Result>(results: readonly R[]): readonly R[] => [
  ...results.filter(hasFailed),
  ...results.filter(({ outcome }) => outcome !== undefined),
  ...results.filter(hasHeld),
]

/** In front of it, in tables and lists. */
export const markOf = (result: Result): '✓' | '✗' | '–' => (hasFailed(result) ? '✗' : hasHeld(result) ? '✓' : '–')
