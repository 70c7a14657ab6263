import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GraphOffice, openGraph } from '../../../test-support/graph.ts'
import { coverageOf, type Endpoint } from './coverage.ts'

let graph: GraphOffice
beforeAll(async () => {
  graph = await openGraph()
})
afterAll(() => graph?.[Symbol.asyncDispose]())

const page = readFileSync(new URL('../../../../docs/graph-coverage.md', import.meta.url), 'utf8')
const endpoints: readonly Endpoint[] = page.split('\n').flatMap((line) => {
  const [, path, columns = ''] = /^\| `(\/[^`]*)` \|(.*)\|$/.exec(line) ?? []
  return path === undefined ? [] : [...columns.matchAll(/[A-Z]+/g)].map(([method]) => ({ method, path }))
})
const asked = (path: string): string =>
  path.replaceAll(/'?\{[^}]*\}'?/g, (text) => (text.startsWith("'") ? "'x'" : '7d1c2a52-0000-4000-8000-000000000000'))
const ask = ({ method, path }: Endpoint, version = 'beta') => graph.ask(method, asked(path), {}, version)

describe('the front door', () => {
  it('answers 501 to what is documented and not served, and says so', async () => {
    const unserved = endpoints.filter((endpoint) => coverageOf(endpoint) === 'unserved')
    const otherwise: string[] = []
    let plainly = 0
    for (const endpoint of unserved) {
      const { status, body } = await ask(endpoint)
      const { code, message } = (body['error'] ?? {}) as { code?: string; message?: string }
      // What the types do not know is no path; a path that is served with other methods says that.
      const isUnknown = status === 400 && message?.includes('Resource not found for the segment')
      if (status === 501 && code === 'NotImplemented') plainly += 1
      else if (!isUnknown && status !== 405) otherwise.push(`${endpoint.method} ${endpoint.path}: ${status}`)
    }
    expect(otherwise).toEqual([])
    expect(plainly).toBeGreaterThan(unserved.length / 2)
  })

  it('answers everything else as one who serves it', async () => {
    const otherwise: string[] = []
    for (const endpoint of endpoints) {
      if (coverageOf(endpoint) === 'unserved') continue
      const { status } = await ask(endpoint)
      if (status === 501 || status === 405 || status >= 500)
        otherwise.push(`${endpoint.method} ${endpoint.path}: ${status}`)
    }
    expect(otherwise).toEqual([])
  })

  it.each([
    ['GET', '/sites', 501],
    ['GET', '/colours', 400],
    ['GET', '/deviceManagement/colours', 400],
    ['POST', '/deviceManagement/colours/x', 400],
    ['GET', '/groups/x/colours/y', 400],
    ['POST', '/groups/x/paintRed', 501],
    ['GET', '/deviceManagement/getColours', 501],
    ['GET', '/users/x/messages/y', 501],
  ])('%s %s: %i', async (method, path, status) => {
    expect((await ask({ method, path })).status).toBe(status)
  })
})
