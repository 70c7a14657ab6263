import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { brokerProof, type ControlBroker } from '@muster/control'
import { createNatsBus } from '@muster/shared/runtime'

/** What the machine itself can do, a second, measured in the same run as what is held against it. */
export interface Floor {
  /** P-256 signatures on one core. */
  readonly signatures: number
  /** Rows of 400 bytes into SQLite, 100 to a transaction, synced as the store is. */
  readonly rows: number
  /** Request and reply over the broker, 64 under way, on one connection each side. */
  readonly requests: number
}

/** Where a broker is, and how one gets in. */
interface Broker {
  readonly url: string
  readonly access: ControlBroker
}

/** Measure the floor, about three seconds. `nats` is the broker that the measured system uses. */
export async function measureFloor(nats: Broker): Promise<Floor> {
  return { signatures: signatures(), rows: rows(), requests: await requests(nats) }
}

const SLICE_MS = 1_000

function perSecond(once: () => number): number {
  const from = performance.now()
  let done = 0
  while (performance.now() - from < SLICE_MS) done += once()
  return (done * 1_000) / (performance.now() - from)
}

function signatures(): number {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const data = Buffer.alloc(300, 1)
  return perSecond(() => {
    sign('sha256', data, privateKey)
    return 1
  })
}

function rows(): number {
  const dir = mkdtempSync(join(tmpdir(), 'muster-floor-'))
  const database = new DatabaseSync(join(dir, 'floor.sqlite'))
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)',
    )
    const insert = database.prepare('INSERT INTO t (body) VALUES (?)')
    const body = 'x'.repeat(400)
    return perSecond(() => {
      database.exec('BEGIN IMMEDIATE')
      for (let row = 0; row < 100; row++) insert.run(body)
      database.exec('COMMIT')
      return 100
    })
  } finally {
    database.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function requests(broker: Broker): Promise<number> {
  const connect = (name: string) => {
    const proof = brokerProof(broker.access, 'service', name, 'floor')
    return createNatsBus({ url: broker.url, ...proof, role: 'agent', name, tenant: 'floor' })
  }
  const [asking, answering] = await Promise.all([connect('floor-asks'), connect('floor-answers')])
  try {
    const payload = new Uint8Array(300)
    answering.respond('v1.int.floor', async (message) => message.payload)
    const from = performance.now()
    let done = 0
    const lane = async (): Promise<void> => {
      while (performance.now() - from < SLICE_MS) {
        await asking.request('v1.int.floor', payload, { timeoutMs: 5_000 })
        done++
      }
    }
    // The subscription may still be on its way to the server.
    await firstAnswer(() => asking.request('v1.int.floor', payload, { timeoutMs: 500 }))
    await Promise.all(Array.from({ length: 64 }, lane))
    return (done * 1_000) / (performance.now() - from)
  } finally {
    await Promise.all([asking.close(), answering.close()])
  }
}

async function firstAnswer(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ask()
      return
    } catch (error) {
      if (attempt >= 20) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
