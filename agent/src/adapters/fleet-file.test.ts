import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assign, compliance, configuration, enrolled, managed, newborn, visit } from '../domain/device.test-support.ts'
import type { KeptDevice } from './device-line.ts'
import { fleetPath, openFleetFile } from './fleet-file.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-snapshot-'))
  path = fleetPath(dir, 'agent-1')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** What saves asking twice is not worth a place in the file. */
const kept = (state: KeptDevice['state']): KeptDevice['state'] => ({ ...state, answeredFor: undefined })

/** Two devices in the middle of life, with the same policies, and one that has not begun. */
function fleet(): KeptDevice[] {
  const busy = () => kept(assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a', 'user'), compliance('c2', 1)).state)
  return [
    { state: { ...busy(), key: 'win-00001' }, key: Uint8Array.of(1, 2, 3) },
    { state: { ...busy(), key: 'win-00002' }, key: Uint8Array.of(4), nextKey: Uint8Array.of(5, 6) },
    { state: { ...newborn(), key: 'win-00003' } },
  ]
}

const rewrite = (change: (lines: string[]) => string[]): void => {
  writeFileSync(path, change(readFileSync(path, 'utf8').split('\n')).join('\n'))
}

const save = (devices: readonly KeptDevice[], agentId = 'agent-1'): void => {
  const file = openFleetFile(path, agentId)
  file.save(devices)
  file.close()
}
/** What has come back numbers what it signs far above what it may have signed unkept. */
const gone = ({ state, ...keys }: KeptDevice): KeptDevice => ({
  ...keys,
  state: { ...state, sequence: state.sequence + 1_000_000 },
})

const load = (): readonly KeptDevice[] => {
  const file = openFleetFile(path, 'agent-1')
  file.close()
  return file.devices
}

describe('the file of a fleet', () => {
  it('brings every device back as it was, keys and all', () => {
    const before = fleet()
    save(before)
    expect(load()).toEqual(before.map(gone))
    expect(load()).toEqual(before.map(gone).map(gone))
  })

  it('of before devices signed what they say is read as any other', () => {
    const before = fleet()
    save(before)
    rewrite((lines) => lines.map((line) => line.replace(/"sequence":\d+,/, '')))
    expect(load().map(({ state }) => state.sequence)).toEqual([1_000_000, 1_000_000, 1_000_000])
  })

  it('gives devices that hold the same policy one body to share', () => {
    save(fleet())
    const [one, two] = load()
    expect(one?.state.policies[0]?.body).toBe(two?.state.policies[0]?.body)
  })

  it('is for its owner only, and nothing is left over beside it', () => {
    save(fleet())
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o777, name).toBe(0o600)
    save([])
    expect(load()).toEqual([])
    expect(readdirSync(dir)).toHaveLength(2)
  })

  it('is empty at first', () => {
    expect(load()).toEqual([])
  })

  it('a request that was under way is made anew', () => {
    const device = enrolled()
    visit(device, managed(0))
    device.feed({ type: 'sync' })
    expect(device.state.conversation).toBeDefined()
    const { renew, enrolling } = {
      renew: { ...device.state, key: 'renews', agenda: [] },
      enrolling: { ...newborn(), key: 'enrols', phase: 'enrolling' as const, agenda: [] },
    }
    save([{ state: device.state }, { state: renew }, { state: enrolling }])
    const [checksIn, renews, enrols] = load().map(({ state }) => state)
    expect(checksIn?.conversation).toBeUndefined()
    expect(checksIn?.agenda).toContainEqual(expect.objectContaining({ what: 'check-in', cause: 'reconnect' }))
    expect(renews?.agenda).toContainEqual({ what: 'renew', atMs: renew.certificate?.renewAfterMs })
    expect(enrols?.agenda).toEqual([{ what: 'enrol', atMs: 0 }])
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
      (lines: string[]) => [lines[0]?.replace('"version":2', '"version":3') ?? '', ...lines.slice(1)],
      'fleet/snapshot-newer',
    ],
  ])('that is %s is refused', (_what, change, code) => {
    save(fleet())
    rewrite(change)
    expect(load).toThrow(expect.objectContaining({ code }))
  })

  it('of another agent is refused', () => {
    save(fleet(), 'agent-2')
    expect(load).toThrow(expect.objectContaining({ code: 'fleet/snapshot-damaged' }))
  })
})

describe('the journal of a fleet', () => {
  const [one, two, born] = fleet() as [KeptDevice, KeptDevice, KeptDevice]
  const later: KeptDevice = { ...one, state: { ...one.state, lastSeq: 7 }, key: Uint8Array.of(9) }

  it('has the last word about a device when its agent was killed', () => {
    const file = openFleetFile(path, 'agent-1')
    file.save([one, born])
    file.keep(two)
    file.keep({ ...later, key: Uint8Array.of(8) })
    file.keep(later)
    expect(load()).toEqual([later, born, two].map(gone))
  })

  it('remembers the enrolment tokens of its fleet, which devices may need much later', () => {
    const file = openFleetFile(path, 'agent-1')
    file.keepTokens({ 'windows/autopilot': 'secret-1' })
    file.save([one])
    file.keepTokens({ 'linux/user': 'secret-2' })
    expect(openFleetFile(path, 'agent-1').tokens).toEqual({ 'windows/autopilot': 'secret-1', 'linux/user': 'secret-2' })
  })

  it('loses no more than the line that was being written, wherever it is cut off', () => {
    const file = openFleetFile(path, 'agent-1')
    file.save([born])
    file.keep(one)
    const before = readFileSync(`${path}.journal`).length
    file.keep(later)
    const whole = [readFileSync(path), readFileSync(`${path}.journal`)] as const
    for (let cut = before; cut < whole[1].length - 1; cut += 97) {
      writeFileSync(path, whole[0])
      writeFileSync(`${path}.journal`, whole[1].subarray(0, cut))
      expect(load()).toEqual([born, one].map(gone))
    }
  })

  it('is not taken for that of a later snapshot', () => {
    const file = openFleetFile(path, 'agent-1')
    file.keep(one)
    const journal = readFileSync(`${path}.journal`)
    file.save([later])
    writeFileSync(`${path}.journal`, journal)
    expect(load()).toEqual([later].map(gone))
  })

  it('that is damaged in the middle is refused', () => {
    const file = openFleetFile(path, 'agent-1')
    file.keep(one)
    file.keep(two)
    const lines = readFileSync(`${path}.journal`, 'utf8').split('\n')
    writeFileSync(`${path}.journal`, lines.map((line, index) => (index === 2 ? line.slice(9) : line)).join('\n'))
    expect(load).toThrow(expect.objectContaining({ code: 'fleet/snapshot-damaged' }))
  })
})
