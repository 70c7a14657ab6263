import { existsSync, readFileSync } from 'node:fs'
import { coverageOf, servedEndpoints } from '@muster/control/coverage'
import { describe, expect, it } from 'vitest'
import { coveragePage, endpointsIn, readEndpoints } from './graph-coverage.ts'

const page = readFileSync(new URL('../../../docs/graph-coverage.md', import.meta.url), 'utf8')
const reference = new URL('../../../../shared/reference/graph-endpoints.txt', import.meta.url)

describe('docs/graph-coverage.md', () => {
  it('is what `npm run docs` writes', () => {
    expect(coveragePage(endpointsIn(page))).toBe(page)
    expect(endpointsIn(page).length).toBeGreaterThan(2_000)
  })

  it.skipIf(!existsSync(reference))('has every documented endpoint (where their list is at hand)', () => {
    const documented = readEndpoints(readFileSync(reference, 'utf8'))
    expect(documented.length).toBeGreaterThan(2_000)
    expect(coveragePage([...endpointsIn(page), ...documented])).toBe(page)
  })

  it('calls what has a route of its own by no other name', () => {
    expect(servedEndpoints.filter((endpoint) => coverageOf(endpoint) !== 'behaves')).toEqual([])
    expect(coverageOf({ method: 'GET', path: '/users/{id}/messages' })).toBe('unserved')
    expect(coverageOf({ method: 'GET', path: '/users/{id}/displayName' })).toBe('behaves')
    expect(coverageOf({ method: 'PATCH', path: '/deviceManagement/deviceShellScripts/{id}' })).toBe('kept')
  })
})
