import { type Coverage, coverageOf, type Endpoint, servedEndpoints } from '@muster/control/coverage'

/** Ids by one name, however a list calls them; values of functions as they are. */
const normal = ({ method, path }: Endpoint): Endpoint => ({
  method,
  path: path.replaceAll(/(?<=\/)\{[^}]*\}/g, '{id}').replaceAll(/=('?)\{[^}]*\}\1/g, "='{}'"),
})

/** Lines of `METHOD /path`. */
export const readEndpoints = (text: string): readonly Endpoint[] =>
  text.split('\n').flatMap((line) => {
    const [, method = '', path = ''] = /^([A-Z]+) (\/\S+)$/.exec(line.trim()) ?? []
    return method === '' ? [] : [{ method, path }]
  })

/** The endpoints that a page is about: each row is a path, with its methods in the columns. */
export const endpointsIn = (page: string): readonly Endpoint[] =>
  page.split('\n').flatMap((line) => {
    const [, path, columns = ''] = /^\| `(\/[^`]*)` \|(.*)\|$/.exec(line) ?? []
    return path === undefined ? [] : [...columns.matchAll(/[A-Z]+/g)].map(([method]) => ({ method, path }))
  })

const COLUMNS: readonly Coverage[] = ['behaves', 'kept', 'unserved']
const METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']

/** `docs/graph-coverage.md`: of these endpoints and of all that are served, how far each is. */
export function coveragePage(documented: readonly Endpoint[]): string {
  const all = [...documented, ...servedEndpoints].map(normal)
  const unique = new Map(all.map((endpoint) => [`${endpoint.path} ${endpoint.method}`, endpoint]))
  const rows = [...unique.values()].map((endpoint) => ({ ...endpoint, coverage: coverageOf(endpoint) }))
  const areas = Map.groupBy(rows, ({ path }) => /^\/([^/(]*)/.exec(path)?.[1] ?? '')
  const sorted = [...areas].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const count = (of: typeof rows, coverage: Coverage): number => of.filter((row) => row.coverage === coverage).length
  const numbers = (of: typeof rows): string => COLUMNS.map((coverage) => count(of, coverage)).join(' | ')
  return `${[
    '# Coverage of Graph',
    '',
    'How far each documented endpoint of Graph is served, v1.0 and beta together. **Behaves**: something happens or is worked out.',
    '**Kept**: objects are checked against the types of Graph, kept and given back. **Not served**: 501, with an error that says so;',
    '400 where the types of Graph that Muster has do not know the path either; 405 where other methods of it are served. This page is',
    'written from the routes and the model by `npm run docs`; a test holds them together.',
    '',
    '| area | behaves | kept | not served |',
    '| --- | ---: | ---: | ---: |',
    ...sorted.map(([area, of]) => `| [${area}](#${area.toLowerCase().replaceAll('$', '')}) | ${numbers(of)} |`),
    `| all | ${numbers(rows)} |`,
    '',
    sorted.map(([area, of]) => [`## ${area}`, '', ...table(of)].join('\n')).join('\n\n'),
  ].join('\n')}\n`
}

function table(rows: readonly (Endpoint & { readonly coverage: Coverage })[]): readonly string[] {
  const paths = [...Map.groupBy(rows, ({ path }) => path)].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const methods = (of: typeof rows, wanted: Coverage): string =>
    METHODS.filter((method) => of.some((row) => row.method === method && row.coverage === wanted)).join(', ')
  return [
    '| path | behaves | kept | not served |',
    '| --- | --- | --- | --- |',
    ...paths.map(([path, of]) => `| \`${path}\` | ${COLUMNS.map((coverage) => methods(of, coverage)).join(' | ')} |`),
  ]
}
