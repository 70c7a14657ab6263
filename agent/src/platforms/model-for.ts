import type { Rng } from '@muster/shared/core'

interface Model {
  readonly weight: number
  readonly manufacturer: string
  readonly model: string
}

/**
 * One of a catalogue's models by weight, or of those that a scenario asks for, named in full or as `surface-laptop-7`. A
 * model that the catalogue does not know gets the hardware of the most common one.
 */
export function modelFor<M extends Model>(
  models: readonly M[],
  chance: Rng,
  wanted?: Readonly<Record<string, number>>,
): M {
  if (!wanted || Object.keys(wanted).length === 0) return chance.weighted(models)
  const { name } = chance.weighted(Object.entries(wanted).map(([model, weight]) => ({ name: model, weight })))
  const known = models.find(({ model }) => model === name || short(model) === name)
  return known ?? { ...(models[0] as M), model: name }
}

const short = (model: string): string => model.toLowerCase().replace(/[^a-z0-9]+/g, '-')
