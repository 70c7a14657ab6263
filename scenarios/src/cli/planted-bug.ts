import type { PlantedBug } from '@muster/control'
import { CodedError } from '@muster/shared/core'

const known: readonly PlantedBug[] = ['ack-before-commit', 'lost-batches', 'short-certificates']

/** A bug to plant, by its name. @throws CodedError `cli/usage` */
export function plantedBugOf(name: string | undefined): PlantedBug | undefined {
  if (name === undefined) return undefined
  const found = known.find((bug) => bug === name)
  if (found) return found
  throw new CodedError('cli/usage', `--plant takes ${known.join(', ')}, not ${JSON.stringify(name)}`)
}
