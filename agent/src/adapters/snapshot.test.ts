import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assign, compliance, configuration, enrolled, managed, newborn, visit } from '../domain/device.test-support.ts'
import { type KeptDevice, loadFleet, saveFleet, snapshotPath } from './snapshot.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-snapshot-'))
  path = snapshotPath(dir, 'agent-1')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Two devices in the middle of life, with the same policies, and one that has not begun. */
function fleet(): KeptDevice[] {
  const busy = () => assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a', 'user'), compliance('c2', 1)).state
  return [
    { state: { ...busy(), key: 'win-00001' }, key: Uint8Array.of(1, 2, 3) },
    { state: { ...busy(), key: 'win-00002' }, key: Uint8Array.of(4), nextKey: Uint8Array.of(5, 6) },
    { state: newborn() },
  ]
}

const rewrite = (change: (lines: string[]) => string[]): void => {
  writeFileSync(path, change(readFileSync(path, 'utf8').split('\n')).join('\n'))
}

describe('the file of a fleet', () => {
  it('brings every device back as it was, keys and all', () => {
    const before = fleet()
    saveFleet(path, 'agent-1', before)
    expect(loadFleet(path, 'agent-1')).toEqual(before)
  })

  it('gives devices that hold the same policy one body to share', () => {
    saveFleet(path, 'agent-1', fleet())
    const [one, two] = loadFleet(path, 'agent-1') ?? []
    expect(one?.state.policies[0]?.body).toBe(two?.state.policies[0]?.body)
  })

  it('is for its owner only, and nothing else is left beside it', () => {
    saveFleet(path, 'agent-1', fleet())
    expect(statSync(path).mode & 0o777).toBe(0o600)
    saveFleet(path, 'agent-1', [])
    expect(loadFleet(path, 'agent-1')).toEqual([])
    expect(readdirSync(dir)).toHaveLength(1)
  })

  it('is not there at first', () => {
    expect(loadFleet(path, 'agent-1')).toBeUndefined()
  })

  it('a check-in that was under way is begun anew', () => {
    const device = enrolled()
    visit(device, managed(0))
    device.feed({ type: 'sync' })
    expect(device.state.conversation).toBeDefined()
    saveFleet(path, 'agent-1', [{ state: device.state }])
    const [loaded] = loadFleet(path, 'agent-1') ?? []
    expect(loaded?.state.conversation).toBeUndefined()
    expect(loaded?.state.agenda).toContainEqual(expect.objectContaining({ what: 'check-in', cause: 'reconnect' }))
  })

  it.each([
    ['not a fleet at all', () => ['hello'], 'fleet/snapshot-damaged'],
    ['empty', () => [''], 'fleet/snapshot-damaged'],
    ['cut off', (lines: string[]) => lines.slice(0, -2), 'fleet/snapshot-damaged'],
    [
      'half a line short',
      (lines: string[]) => [...lines.slice(0, -2), lines.at(-2)?.slice(0, -9) ?? ''],
      'fleet/snapshot-damaged',
    ],
    [
      'without a body',
      (lines: string[]) => [lines[0]?.replace('"bodies":2', '"bodies":1') ?? '', ...lines.slice(2)],
      'fleet/snapshot-damaged',
    ],
    [
      'of a newer version',
      (lines: string[]) => [lines[0]?.replace('"version":1', '"version":2') ?? '', ...lines.slice(1)],
      'fleet/snapshot-newer',
    ],
  ])('that is %s is refused', (_what, change, code) => {
    saveFleet(path, 'agent-1', fleet())
    rewrite(change)
    expect(() => loadFleet(path, 'agent-1')).toThrow(expect.objectContaining({ code }))
  })

  it('of another agent is refused', () => {
    saveFleet(path, 'agent-2', fleet())
    expect(() => loadFleet(path, 'agent-1')).toThrow(expect.objectContaining({ code: 'fleet/snapshot-damaged' }))
  })
})
