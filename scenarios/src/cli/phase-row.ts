import { styleText } from 'node:util'
import type { Scenario } from '@muster/shared/scenario'

/** How far each phase has come, by name; those that are absent have not begun. */
export type PhaseStates = Map<string, 'running' | 'done' | 'failed'>

/** All phases of a run in one row: what is over, what runs and until when, what is to come. */
export function phaseRow({ phases }: Pick<Scenario, 'phases'>, states: Readonly<PhaseStates>): string {
  const marks = phases.map(({ name, until }) => {
    switch (states.get(name)) {
      case 'done':
        return styleText('green', `${name} ✓`)
      case 'failed':
        return styleText('red', `${name} ✗`)
      case 'running':
        return styleText('bold', `${name} ▶${until ? ` until ${until.expr.replace(/\s+/g, ' ')}` : ''}`)
      default:
        return styleText('dim', `${name} ·`)
    }
  })
  return ` phases ${marks.join('  ')}`
}
