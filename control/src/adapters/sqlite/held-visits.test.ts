import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openOffice } from '../../../test-support/office.ts'
import type { Tables } from '../../app/ports.ts'
import type { Device } from '../../domain/model.ts'
import { openSqliteStore } from './store.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-visits-'))
  path = join(dir, 'muster.db')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const visited = (device: Device, atMs: number): Device => ({
  ...device,
  ...{ lastSyncAtMs: atMs, lastMaintenanceAtMs: atMs, sequence: atMs },
})

describe.each(['memory', 'file'] as const)('visits in the store in %s', (where) => {
  const opened = () => openOffice(where === 'file' ? path : ':memory:')
  const listed = async ({ devices }: Pick<Tables, 'devices'>, atMs: number): Promise<number> =>
    devices.count({ op: 'eq', column: 'lastSyncAtMs', value: atMs })

  it('are seen at once by whoever reads the device or asks the listing, inside and outside', async () => {
    await using office = await opened()
    const { store } = office
    const device = await office.device()
    await store.transaction(async (tables) => {
      await tables.devices.put([visited(device, 7)])
      await tables.devices.put([visited(device, 8)])
      expect(await tables.devices.getMany([device.id])).toEqual([visited(device, 8)])
    })
    expect(await store.devices.getMany([device.id])).toEqual([visited(device, 8)])
    expect(await store.devices.page({ limit: 9 })).toEqual([visited(device, 8)])
    expect([await listed(store, 7), await listed(store, 8)]).toEqual([0, 1])
    await store.transaction(async (tables) => {
      await tables.devices.put([visited(device, 9)])
      expect(await listed(tables, 9)).toBe(1)
    })
    const query = { among: 'managed', orderBy: [], limit: 9 } as const
    expect((await store.devices.query(query)).rows.map(({ row }) => row)).toEqual([visited(device, 9)])
  })

  it('of a transaction that is rolled back are gone, those before are not, read or unread', async () => {
    await using office = await opened()
    const { store } = office
    const device = await office.device()
    const fail = async (change: (tables: Tables) => Promise<unknown>): Promise<void> => {
      const failing = store.transaction(async (tables) => {
        await change(tables)
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await store.devices.getMany([device.id])).toEqual([visited(device, 7)])
    }
    await store.transaction((tables) => tables.devices.put([visited(device, 7)]))
    await fail((tables) => tables.devices.put([visited(device, 8)]))
    await fail((tables) => listed(tables, 7))
    await fail(async (tables) => {
      await tables.devices.put([visited(device, 8)])
      await listed(tables, 8)
    })
    await fail((tables) => tables.devices.put([{ ...visited(device, 8), remarks: { notes: 'changed' } }]))
    expect(await listed(store, 7)).toBe(1)
  })

  it('stay when more than a visit changes, and are in a copy', async () => {
    await using office = await opened()
    const { store } = office
    const device = await office.device()
    await store.transaction((tables) => tables.devices.put([visited(device, 7)]))
    const changed = { ...visited(device, 7), complianceState: 'error' } as const
    await store.transaction((tables) => tables.devices.put([changed]))
    expect(await listed(store, 7)).toBe(1)
    await store.transaction((tables) => tables.devices.put([visited(changed, 8)]))
    const copy = join(dir, 'copy.db')
    await store.saveTo(copy)
    const other = openSqliteStore(copy)
    expect(await other.devices.getMany([device.id])).toEqual([visited(changed, 8)])
    await other.close()
  })
})

it('visits in a file outlive the process that committed them', async () => {
  await using office = await openOffice(path)
  const device = await office.device()
  await office.store.transaction((tables) => tables.devices.put([visited(device, 7)]))
  const other = openSqliteStore(path)
  expect(await other.devices.getMany([device.id])).toEqual([visited(device, 7)])
  await other.close()
})
