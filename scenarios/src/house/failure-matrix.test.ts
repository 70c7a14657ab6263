import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const docs = new URL('../../../docs/', import.meta.url)
const page = readFileSync(new URL('failure-matrix.md', docs), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.split(' | ').length === 3)
  .slice(2)
const files = new Map([...page.matchAll(/^\[([a-z]+)\]: (\S+)$/gm)].map(([, name, path]) => [name, path] as const))
const named = [...page.matchAll(/\[([^\][]+)\]\[([a-z]+)\]/g)].map(
  ([, title = '', name = '']) => [name, title] as const,
)

describe('the page of the failure matrix', () => {
  it('has rows, each with a test or with the word that there is none', () => {
    expect(rows.length).toBeGreaterThanOrEqual(20)
    for (const row of rows) expect(row).toMatch(/\]\[[a-z]+\]|\*\*not tested\*\*/)
  })

  it.each(named)('%s has the test %j', (name, title) => {
    const path = files.get(name)
    expect(path).toBeDefined()
    const source = readFileSync(new URL(path ?? '', docs), 'utf8')
    expect(source.includes(`'${title}'`) || source.includes(`'${title}:`)).toBe(true)
  })

  it('refers to every file that it lists', () => {
    expect([...files.keys()].toSorted()).toEqual([...new Set(named.map(([name]) => name))].toSorted())
  })
})
