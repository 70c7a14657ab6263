import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeviceTrace, Stats } from '@muster/shared/contracts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Ended, processesOf, startMuster } from '../../test-support/command.ts'
import { ADA, laptops, PATIENT } from '../../test-support/live.ts'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'
import { readConnection } from './data-directory.ts'

const dir = mkdtempSync(join(tmpdir(), 'muster-devices-'))
const data = join(dir, 'data')
let client: HttpClient

const muster = (...args: readonly string[]): Promise<Ended> => startMuster(dir, [...args, '--data', data]).ended
const trace = (...args: string[]): Promise<Ended> => muster('devices', 'trace', ...args)

beforeAll(async () => {
  expect(await muster('up', '--detach', '--port', '0', '--speed', '60')).toMatchObject({ code: 0, stderr: '' })
  client = createHttpClient(readConnection(data))
  await client.call('POST', '/v1.0/users', ADA)
  await client.call('POST', '/_muster/population', laptops(2))
  const managed = async (): Promise<number> => ((await client.call('GET', '/_muster/stats')) as Stats).devices.managed
  await vi.waitFor(async () => expect(await managed()).toBe(2), PATIENT)
}, 120_000)
afterAll(async () => {
  client?.close()
  await muster('down')
  await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), PATIENT)
  rmSync(dir, { recursive: true, force: true })
})

describe('muster devices trace', () => {
  it('says why a device is as it is and what happened, by either name, and as JSON', async () => {
    const presence = (online: boolean): Promise<unknown> =>
      client.call('POST', '/_muster/orders', { order: 'presence', selector: {}, online })
    await presence(false)
    const { stdout, code } = await trace('laptops-00001')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^It is offline since .*: a step of the scenario took it offline\.$/m)
    expect(stdout).toMatch(/^because\n {2}• no compliance policy is assigned/m)
    expect(stdout).toMatch(/^what happened\n.* enrolled {5}enrolled as windows\/autopilot$/m)
    const name = stdout.split(' ')[0] ?? ''
    const json = JSON.parse((await trace(name, '--json')).stdout) as DeviceTrace
    expect(json).toMatchObject({ deviceName: name, device: { key: 'laptops-00001', online: false } })
    expect(json.explanation.summary).toContainEqual(expect.stringMatching(/^It is offline since /))
    await presence(true)
    await vi.waitFor(async () => expect((await trace(name)).stdout).toMatch(/^It was offline from .* to /m), PATIENT)
  }, 60_000)

  it('refuses a device that nobody knows', async () => {
    for (const name of ['LAPTOP 7', 'laptops-99999', 'x/y'])
      expect(await trace(name)).toMatchObject({ code: 2, stderr: expect.stringContaining(JSON.stringify(name)) })
  }, 60_000)
})
