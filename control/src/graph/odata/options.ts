import { CodedError, nearestName } from '@muster/shared/core'

/** System query options that are served, without the dollar. */
const known = [
  'filter',
  'select',
  'expand',
  'orderby',
  'top',
  'skip',
  'skiptoken',
  'deltatoken',
  'count',
  'search',
  'format',
  'levels',
  'id',
] as const
export type OptionName = (typeof known)[number]

/** Query options as they were given, by name in lower case without the dollar; parameters that are no options are left out. */
export type Options = ReadonlyMap<OptionName, string>

const isKnown = (name: string): name is OptionName => (known as readonly string[]).includes(name)

/**
 * The options among names and values. A dollar may be missing, as it does with some clients.
 * @throws CodedError `graph/bad-query` for one that is unknown or there twice
 */
export function readOptions(pairs: Iterable<readonly [string, string]>): Options {
  const options = new Map<OptionName, string>()
  for (const [given, value] of pairs) {
    const name = given.trim().replace(/^\$/, '').toLowerCase()
    if (!isKnown(name)) {
      if (!given.trim().startsWith('$')) continue
      const near = nearestName(name.slice(0, 64), known)
      const hint = near === undefined ? '' : ` Did you mean '$${near}'?`
      const message = `The query parameter '$${name.slice(0, 64)}' is not supported.${hint}`
      throw new CodedError('graph/bad-query', message, { at: `$${name.slice(0, 64)}` })
    }
    if (options.has(name)) {
      const message = `Query option '$${name}' was specified more than once, but it must be specified at most once.`
      throw new CodedError('graph/bad-query', message, { at: `$${name}` })
    }
    options.set(name, value)
  }
  return options
}
