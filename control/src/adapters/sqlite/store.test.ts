import { hash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AGENT, auditEvent, openOffice } from '../../../test-support/office.ts'
import type { Tables } from '../../app/ports.ts'
import type { RowKeys } from '../../app/row-query.ts'
import type { Device, DevicePolicy, RemoteAction } from '../../domain/model.ts'
import { openDatabase } from './database.ts'
import { migrations } from './migrations.ts'
import { openSqliteStore } from './store.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-store-'))
  path = join(dir, 'muster.db')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const user = (id: string) => ({
  id,
  userPrincipalName: `${id}@contoso.example`,
  displayName: id,
  accountEnabled: true,
  createdAtMs: 0,
})

describe.each(['memory', 'file'] as const)('the store in %s', (where) => {
  const open = () => openSqliteStore(where === 'file' ? path : ':memory:')

  it('knows the agents that managed devices live on, each once', async () => {
    await using office = await openOffice(where === 'file' ? path : ':memory:')
    expect(await office.store.devices.agents()).toEqual([])
    await office.device()
    await office.device()
    expect(await office.store.devices.agents()).toEqual([AGENT])
  })

  it('lists reports by device with their moments, and certificates that have run out, in pages', async () => {
    const store = open()
    const row = (deviceId: string, seq: number) => ({
      ...{ deviceId, seq, observedAtMs: seq, committedAtMs: 10 * seq, correlationId: 'c', parts: [] },
    })
    const certificate = (serialNumber: string, notAfterMs: number, state: 'active' | 'revoked') => ({
      ...{ serialNumber, deviceId: 'a', thumbprintSha256: '', certificate: '', notBeforeMs: 0, notAfterMs, state },
      ...{ renewAfterMs: 0, issuedAtMs: 0 },
    })
    await store.transaction(async (tables) => {
      await tables.reports.append([row('b', 1), row('a', 1), row('a', 2)])
      await tables.certificates.put([
        certificate('01', 5, 'active'),
        certificate('02', 50, 'active'),
        certificate('03', 5, 'revoked'),
      ])
    })
    const first = await store.reports.latencies({ sinceMs: 0, limit: 2 })
    expect(first.map(({ deviceId, seq }) => [deviceId, seq])).toEqual([
      ['a', 1],
      ['a', 2],
    ])
    const rest = await store.reports.latencies({ after: { deviceId: 'a', seq: 2 }, sinceMs: 0, limit: 2 })
    expect(rest).toEqual([{ deviceId: 'b', seq: 1, observedAtMs: 1, committedAtMs: 10 }])
    expect(await store.reports.latencies({ sinceMs: 20, limit: 9 })).toHaveLength(1)
    const serials = async (query: Parameters<typeof store.certificates.page>[0]) =>
      (await store.certificates.page(query)).map(({ serialNumber }) => serialNumber)
    expect(await serials({ limit: 9, pastMs: 10 })).toEqual(['01'])
    expect(await serials({ limit: 2, after: '01' })).toEqual(['02', '03'])
    await store.close()
  })

  it('rolls all of a transaction back, and goes on', async () => {
    const store = open()
    await expect(
      store.transaction(async (tables) => {
        await tables.users.put(user('a'))
        await tables.audit.append([auditEvent()])
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect([await store.users.list(), await store.audit.list({ limit: 9 })]).toEqual([[], []])
    await store.transaction((tables) => tables.users.put(user('b')))
    expect((await store.users.list()).map(({ id }) => id)).toEqual(['b'])
    await store.close()
  })

  it('runs transactions one after another, and shows nothing of one that is under way', async () => {
    const store = open()
    const order: string[] = []
    const write = (id: string) =>
      store.transaction(async (tables) => {
        order.push(`${id} begins`)
        await tables.users.put(user(id))
        await new Promise((resolve) => setTimeout(resolve, 5))
        order.push(`${id} ends`)
      })
    const writing = [write('a'), write('b')]
    expect((await store.users.list()).length).toBeLessThanOrEqual(where === 'file' ? 0 : 2)
    await Promise.all(writing)
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
    await store.close()
  })

  it('keeps Graph objects by collection in the order they were made, and deletes with what is below', async () => {
    const store = open()
    const scripts = 'deviceManagement/deviceManagementScripts'
    await store.objects.put(scripts, [{ id: 'b' }, { id: 'a', displayName: 'first' }])
    await store.objects.put(scripts, [{ id: 'b', displayName: 'second' }])
    await store.objects.put(`${scripts}/a/assignments`, [{ id: '1' }])
    await store.objects.put(`${scripts}/ab/assignments`, [{ id: '2' }])
    expect(await store.objects.list(scripts)).toEqual([
      { id: 'b', displayName: 'second' },
      { id: 'a', displayName: 'first' },
    ])
    expect(await store.objects.get(`${scripts}/a/assignments`, '1')).toEqual({ id: '1' })
    expect(await store.objects.delete(scripts, 'a')).toBe(true)
    expect(await store.objects.delete(scripts, 'a')).toBe(false)
    expect(await store.objects.list(`${scripts}/a/assignments`)).toEqual([])
    expect(await store.objects.list(`${scripts}/ab/assignments`)).toHaveLength(1)
    await store.close()
  })

  it('refuses a transaction inside another instead of waiting for ever', async () => {
    const store = open()
    await expect(store.transaction(() => store.transaction(async () => undefined))).rejects.toThrow('not nested')
    await store.close()
  })

  it('pages and filters devices without repeating or skipping any', async () => {
    await using office = await openOffice(where === 'file' ? path : ':memory:')
    for (let count = 0; count < 7; count++) await office.device()
    const seen: string[] = []
    let after: RowKeys | undefined
    let more = true
    do {
      const page = await office.store.devices.query({
        among: 'managed',
        orderBy: [{ column: 'deviceName', descending: true }],
        limit: 3,
        ...(after === undefined ? {} : { after }),
      })
      seen.push(...page.rows.map(({ row }) => row.inventory.deviceName))
      after = page.rows.at(-1)?.keys
      more = page.more
    } while (more)
    expect(seen).toHaveLength(7)
    expect(seen).toEqual([...new Set(seen)].sort().reverse())
    const filter = { op: 'eq', column: 'deviceName', value: String(seen[0]).toLowerCase() } as const
    expect(await office.store.devices.count(filter)).toBe(1)
    expect(await office.store.devices.count({ op: 'not', of: filter })).toBe(6)
    const quoted = { op: 'contains', column: 'deviceName', value: `%' OR 1=1 --` } as const
    expect(await office.store.devices.count(quoted)).toBe(0)
  })
})

it('answers inside a transaction as it does outside of it, and as before when it is rolled back', async () => {
  await using office = await openOffice(path)
  const { store } = office
  const device = await office.device()
  const about = { deviceId: device.id, correlationId: 'c', state: 'pending' } as const
  const requestedBy = { type: 'user', id: 'ada', displayName: 'Ada' } as const
  const action: RemoteAction = {
    ...about,
    ...{ id: 'a', action: 'syncDevice', parameters: {}, requestedAtMs: 1, requestedBy },
  }
  const row: DevicePolicy = {
    ...about,
    ...{ policyId: 'p', kind: 'compliance', revision: 1, targetedAtMs: 0 },
    ...{ settings: [], conflicts: [], actionsDone: [] },
  }
  const seenIn = async ({ actions, groups, devicePolicies, devices }: Tables) => ({
    open: await actions.open([device.id]),
    groups: (await groups.groupsOf([device.id])).get(device.id) ?? [],
    unreported: (await devicePolicies.unreported([device.id])).get(device.id) ?? [],
    devices: await devices.getMany([device.id]),
  })
  const both = async () => {
    const inside = await store.transaction(seenIn)
    expect(await seenIn(store)).toEqual(inside)
    return inside
  }
  const give = async (tables: Tables): Promise<void> => {
    await tables.actions.put([action])
    await tables.groups.add('g', [{ type: 'device', id: device.id }])
    await tables.devicePolicies.put([row])
    await tables.devices.put([{ ...device, lastSyncAtMs: 7, lastMaintenanceAtMs: 7 }])
    await seenIn(tables)
  }
  const nothing = { open: [], groups: [], unreported: [], devices: [device] }
  expect(await both()).toEqual(nothing)
  await expect(
    store.transaction(async (tables) => {
      await give(tables)
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await both()).toEqual(nothing)
  await store.transaction(give)
  expect(await both()).toMatchObject({
    open: [{ id: 'a' }],
    groups: ['g'],
    unreported: ['p'],
    devices: [{ lastSyncAtMs: 7, lastMaintenanceAtMs: 7, inventory: device.inventory }],
  })
  await store.transaction(async (tables) => {
    await tables.actions.put([{ ...action, state: 'done' }])
    await tables.groups.delete('g')
    await tables.devicePolicies.delete([row])
    await tables.devices.put([device])
  })
  expect(await both()).toEqual(nothing)
})

it('reads a store from before visits had columns: when a device was last let through its gate is not lost', async () => {
  const newer = join(dir, 'newer.db')
  let device: Device
  {
    await using office = await openOffice(newer)
    device = { ...(await office.device()), lastMaintenanceAtMs: 1_234 }
    await office.store.devices.put([device])
  }
  const raw = new DatabaseSync(path)
  const before = migrations.findIndex((sql) => sql.includes('lastMaintenanceAtMs'))
  for (const sql of migrations.slice(0, before)) raw.exec(sql)
  const columns = raw
    .prepare('PRAGMA table_info(device)')
    .all()
    .map(({ name }) => name)
  // It stood in the body then; the time of the last check-in had a column as well.
  const visit = `'$.lastSyncAtMs', listing.lastSyncAtMs, '$.lastMaintenanceAtMs', listing.lastMaintenanceAtMs`
  const columnFrom = (name: unknown): string => {
    if (name === 'body') return `json_set(device.body, ${visit})`
    return name === 'lastSyncAtMs' ? 'listing.lastSyncAtMs' : `device.${name}`
  }
  raw.exec(`ATTACH '${newer}' AS newer;
    INSERT INTO main.device (${columns.join(', ')}) SELECT ${columns.map(columnFrom).join(', ')}
      FROM newer.device AS device JOIN newer.device_listing AS listing ON listing.id = device.id;
    PRAGMA main.user_version = ${before}`)
  raw.close()
  const store = openSqliteStore(path)
  expect(await store.devices.getMany([device.id])).toEqual([device])
  const visited = { ...device, lastSyncAtMs: 99, lastMaintenanceAtMs: 99 }
  await store.transaction((tables) => tables.devices.put([visited]))
  expect(await store.devices.getMany([device.id])).toEqual([visited])
  const later = { ...visited, lastSyncAtMs: 100 }
  const renamed = { ...later, inventory: { ...device.inventory, deviceName: 'renamed' } }
  await store.transaction((tables) => tables.devices.put([later, renamed]))
  expect(await store.devices.getMany([device.id])).toEqual([renamed])
  await store.close()
})

it('knows of what was there before changes were noted that it is not new', async () => {
  const raw = new DatabaseSync(path)
  raw.function('fold', (text) => text)
  raw.function('supervised', (_platform, _mode) => 0)
  const before = migrations.findIndex((sql) => sql.includes('change_subscription'))
  for (const sql of migrations.slice(0, before)) raw.exec(sql)
  for (const id of ['a', 'b'])
    raw.exec(
      `INSERT INTO directory_user (id, principalName, body) VALUES ('${id}', '${id}', '${JSON.stringify(user(id))}')`,
    )
  raw.exec(`PRAGMA user_version = ${before}`)
  raw.close()
  const store = openSqliteStore(path)
  expect(await store.directoryChanges.latest()).toBe(0)
  expect(await store.directoryChanges.since(0, ['user'], 9)).toEqual([])
  await store.users.put(user('b'))
  await store.users.put(user('c'))
  expect(await store.directoryChanges.since(0, ['user'], 9)).toMatchObject([
    { id: 'b', sequence: 1, createdSequence: 0 },
    { id: 'c', sequence: 2, createdSequence: 2 },
  ])
  await store.close()
})

it('rejects a report that is there already: an invariant is broken', async () => {
  await using office = await openOffice()
  const rows = [{ deviceId: 'd', seq: 1, observedAtMs: 0, committedAtMs: 0, correlationId: '', parts: [] }]
  await office.store.reports.append(rows)
  await expect(office.store.reports.append(rows)).rejects.toThrow(/UNIQUE/)
})

it('keeps what is in its file', async () => {
  const first = openSqliteStore(path)
  await first.users.put(user('a'))
  await first.close()
  const second = openSqliteStore(path)
  expect(await second.users.list()).toEqual([user('a')])
  await second.close()
})

it('is copied to a file, and goes on from it in memory: order and positions are the same', async () => {
  const first = openSqliteStore(':memory:')
  const poke = { kind: 'poke', subject: 's', poke: { v: 1, reason: 'sync', spreadMs: 0, correlationId: 'c' } } as const
  await first.outbox.append([poke, poke])
  await first.outbox.sent(2)
  for (const id of ['b', 'a', 'c']) await first.objects.put('things', [{ id }])
  await first.saveTo(path)
  await first.close()
  const digest = () => hash('sha256', readFileSync(path), 'hex')
  const saved = digest()

  const second = openSqliteStore(':memory:', undefined, path)
  expect((await second.objects.list('things')).map(({ id }) => id)).toEqual(['b', 'a', 'c'])
  await second.outbox.append([poke])
  expect(await second.outbox.oldest(9)).toMatchObject([{ position: 3 }])
  await second.users.put(user('a'))
  expect(await second.users.list()).toEqual([user('a')])
  await second.close()
  expect(digest()).toBe(saved)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('refuses a store of a newer version, and leaves it as it is', async () => {
  await openSqliteStore(path).close()
  const raw = new DatabaseSync(path)
  raw.exec('PRAGMA user_version = 99')
  raw.close()
  expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'store/newer-version' }))
  const after = new DatabaseSync(path)
  expect(after.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 99 })
  after.close()
})

it('says that a file is no store', () => {
  writeFileSync(path, 'this is no database, but it is long enough to be taken for one'.repeat(100))
  expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'store/unusable' }))
})

it('says that the disk is full, and has changed nothing', () => {
  const database = openDatabase(path)
  const pages = Number(database.get('PRAGMA page_count')?.['page_count'])
  // With a limit on its pages SQLite fails as on a full disk, with the same code.
  database.get(`PRAGMA max_page_count = ${pages + 20}`)
  const insert = 'INSERT INTO policy (id, body) VALUES (?, ?)'
  database.run('BEGIN IMMEDIATE')
  const fill = (): void => {
    for (let index = 0; index < 200; index++) database.run(insert, String(index), 'x'.repeat(1_000))
  }
  expect(fill).toThrow(expect.objectContaining({ code: 'store/disk-full', message: expect.stringContaining(path) }))
  try {
    database.run('ROLLBACK')
  } catch {
    // SQLite has done so by itself.
  }
  expect(database.get('SELECT count(*) AS n FROM policy')).toMatchObject({ n: 0 })
  database.run(insert, 'later', 'there is room for this')
  database.close()
})
