/** Device states in the order in which they are stacked: the good at the bottom, so that the rest stands out above it. */
export const STATES = ['compliant', 'inGracePeriod', 'noncompliant', 'error', 'unknown'] as const

const words = new Map([
  ['inGracePeriod', 'in grace period'],
  ['nonCompliant', 'noncompliant'],
  ['notApplicable', 'not applicable'],
])

/** A state as people say it. */
export const stateWord = (state: string): string => words.get(state) ?? state

const known = new Set<string>([...STATES, 'remediated', 'notApplicable', 'pending', 'conflict'])

/** The colour of a state, from the page's palette: it differs between light and dark. */
export function stateColour(state: string): string {
  const name = state === 'nonCompliant' ? 'noncompliant' : state
  return `var(--${known.has(name) ? name : 'rest'})`
}
