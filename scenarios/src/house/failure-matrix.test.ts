import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Every fault that the page must have a row for. */
const FAULTS = [
  'Broker killed',
  'Broker hangs',
  'Store of the broker wiped',
  'Store of the broker rolled back',
  'Agent cut off from the broker',
  'Publish while disconnected',
  'Service killed after commit, before acknowledgement',
  'Service killed before commit',
  'Store of the service slow or down',
  'Slow reader',
  'Poke lost',
  'Herd of check-ins after a poke',
  'Many connections at once',
  'Device revoked',
  'Agent revoked',
  'Forged, changed or replayed message',
  'Subjects of others',
  'Names that are more than names',
  'Keys that make agents change',
  'Credentials run out',
  'Lame duck (SIGUSR2)',
  'Leader of a stream lost',
  'Cluster split',
  'Disk full',
  'Supervisor killed, or a second one',
]

const docs = new URL('../../../docs/', import.meta.url)
const page = readFileSync(new URL('failure-matrix.md', docs), 'utf8')
const rows = page
  .split('\n')
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\|$/g, '').trim()))
  .filter((cells) => cells.length === 3)
  .slice(2)
const files = new Map([...page.matchAll(/^\[([a-z]+)\]: (\S+)$/gm)].map(([, name, path]) => [name, path] as const))
const named = [...page.matchAll(/\[([^\][]+)\]\[([a-z]+)\]/g)].map(
  ([, title = '', name = '']) => [name, title] as const,
)

/** Whether a file has a test of this title: one of `it`, or of `it.each` over whatever. */
function hasTest(source: string, title: string): boolean {
  const at = source.indexOf(`'${title}'`)
  if (at === -1) return false
  const before = source.slice(0, at).trimEnd()
  if (!before.endsWith('(')) return false
  const call = before.slice(0, -1).trimEnd()
  if (call.endsWith('it')) return true
  const each = call.endsWith(')') ? call.lastIndexOf('.each') : -1
  return each !== -1 && call.slice(0, each).endsWith('it')
}

describe('the page of the failure matrix', () => {
  it('has a row for every fault, with a test or with the word that there is none', () => {
    expect(rows.map(([fault]) => fault)).toEqual(FAULTS)
    for (const [fault, , shown] of rows) expect(shown, fault).toMatch(/\]\[[a-z]+\]|\*\*not tested\*\*/)
  })

  it.each(named)('%s has the test %j', (name, title) => {
    const path = files.get(name)
    expect(path).toBeDefined()
    expect(hasTest(readFileSync(new URL(path ?? '', docs), 'utf8'), title)).toBe(true)
  })

  it('knows a test from what only has its words', () => {
    expect(hasTest("it('does so', () => 1)", 'does so')).toBe(true)
    expect(hasTest("it.each<Fault>([{ kind: 'a' }])(\n  'does so', () => 1)", 'does so')).toBe(true)
    expect(hasTest("describe('does so', () => 1)", 'does so')).toBe(false)
    expect(hasTest("const text = 'does so'", 'does so')).toBe(false)
  })

  it('refers to every file that it lists', () => {
    expect([...files.keys()].toSorted()).toEqual([...new Set(named.map(([name]) => name))].toSorted())
  })
})
