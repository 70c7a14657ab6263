import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { errorsPage } from './errors-page.ts'
import { coveragePage, endpointsIn, readEndpoints } from './graph-coverage.ts'

const page = (name: string): URL => new URL(`../../../docs/${name}`, import.meta.url)

/** Writes the pages of `docs/` that are made from the code: `npm run docs`. */
writeFileSync(page('errors.md'), errorsPage())

// Where the list of documented endpoints is not at hand, the page is about those that it was about before.
const reference = new URL('../../../../shared/reference/graph-endpoints.txt', import.meta.url)
const before = existsSync(page('graph-coverage.md')) ? endpointsIn(readFileSync(page('graph-coverage.md'), 'utf8')) : []
const documented = existsSync(reference) ? readEndpoints(readFileSync(reference, 'utf8')) : []
writeFileSync(page('graph-coverage.md'), coveragePage([...before, ...documented]))
