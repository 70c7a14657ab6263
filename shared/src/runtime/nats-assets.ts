import { MESSAGE_BYTES_MAX, streamSubjects } from '@muster/shared/contracts'
import { CodedError, type StreamName } from '@muster/shared/core'
import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import { type NatsConnection, nanos, TimeoutError } from '@nats-io/transport-node'
import type { NatsBusOptions } from './nats-connection.ts'

const DAY_MS = 86_400_000
const GIB = 1_073_741_824
const REPORTS_BYTES_MAX = 2 * GIB
/** With as many servers in a cluster, one may be away. */
const REPLICAS = 3
/** Nobody at all needs to empty a stream, or to delete what is in it: so nobody may. */
const LASTING = { deny_purge: true, deny_delete: true } as const
/** How often, and how far apart, to look for what another service is making at the same time. */
const MAKING_ATTEMPTS = 20
const MAKING_PAUSE_MS = 50
/** JetStream API error codes (server/errors.json of nats-server). */
const STREAM_NOT_FOUND = 10_059
const CONSUMER_NOT_FOUND = 10_014
const STORAGE_EXCEEDED = 10_047
/** What a cluster answers whose servers have not all found each other, or that has no leader at this moment. */
const NOT_FORMED: ReadonlySet<number> = new Set([10_005, 10_008])
const FORMED_WITHIN_MS = 60_000
const FORMED_PAUSE_MS = 250

/** The bucket of policy bodies, by `<tenant>.<sha256>`. */
export const POLICY_BUCKET = 'POLICY'

/** How large streams may become, and how many copies there are of them. */
interface AssetSettings {
  readonly reportsBytesMax: number
  readonly replicas: number
}

/** What a bus is told of it, and what holds when it is told nothing. */
export const assetSettings = ({
  url,
  reportsBytesMax = REPORTS_BYTES_MAX,
  replicas = url.split(',').length >= REPLICAS ? REPLICAS : 1,
}: Pick<NatsBusOptions, 'url' | 'reportsBytesMax' | 'replicas'>): AssetSettings => ({ reportsBytesMax, replicas })

/**
 * Make the streams and the bucket that are missing; leave alone what is there. Run at start and after every reconnect, for
 * a broker whose store was lost.
 */
export async function ensureAssets(
  manager: JetStreamManager,
  { reportsBytesMax, replicas }: AssetSettings,
): Promise<void> {
  await ensureStream(manager, 'REPORTS', {
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_bytes: reportsBytesMax,
    // What is too large for its door gets as far as the door, which puts it on the dead letters.
    max_msg_size: -1,
    duplicate_window: nanos(120_000),
    num_replicas: replicas,
  })
  await ensureStream(manager, 'DLQ', {
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msg_size: -1,
    max_age: nanos(30 * DAY_MS),
    max_bytes: GIB,
    num_replicas: replicas,
  })
}

async function ensureStream(
  manager: JetStreamManager,
  name: StreamName,
  settings: Partial<StreamConfig>,
): Promise<void> {
  try {
    const { config } = await manager.streams.info(name)
    // One that an older Muster made, or that is to have more copies now.
    const { max_msg_size, num_replicas } = settings
    if (config.max_msg_size !== max_msg_size || config.num_replicas !== num_replicas || !config.deny_purge)
      await manager.streams.update(name, { ...config, ...settings, ...LASTING })
  } catch (error) {
    if (!isApiError(error, STREAM_NOT_FOUND)) throw error
    try {
      await manager.streams.add({
        name,
        subjects: [...streamSubjects[name]],
        storage: StorageType.File,
        ...LASTING,
        ...settings,
      })
    } catch (refused) {
      if (isApiError(refused, STORAGE_EXCEEDED)) throw noRoom(name, refused)
      // Another service is making the same stream at this moment: use that one.
      await present(manager, name, refused)
    }
  }
}

async function present(manager: JetStreamManager, name: StreamName, refused: unknown): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await manager.streams.info(name)
      return
    } catch (error) {
      if (attempt === MAKING_ATTEMPTS || !isApiError(error, STREAM_NOT_FOUND)) throw refused
    }
    await pause(MAKING_PAUSE_MS)
  }
}

const noRoom = (stream: StreamName, cause: unknown): CodedError =>
  new CodedError(
    'nats/disk-full',
    `nats-server has no room for the stream ${stream}: free some space on its disk, or raise its limit`,
    { cause },
  )

export async function ensureConsumer(
  manager: JetStreamManager,
  stream: StreamName,
  durable: string,
  maxPending: number,
): Promise<void> {
  try {
    await manager.consumers.info(stream, durable)
  } catch (error) {
    if (!isApiError(error, CONSUMER_NOT_FOUND)) throw error
    await manager.consumers.add(stream, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(60_000),
      max_deliver: -1,
      max_ack_pending: maxPending,
      max_waiting: 64,
    })
  }
}

/** The bucket, made with so many copies when it is missing (services), or opened as it is (agents). */
export async function policyBucket(connection: NatsConnection, replicas: number | undefined): Promise<KV> {
  const buckets = new Kvm(connection)
  if (replicas === undefined) return buckets.open(POLICY_BUCKET, { allow_direct: true })
  const settings = {
    history: 1,
    storage: StorageType.File,
    maxValueSize: MESSAGE_BYTES_MAX,
    allow_direct: true,
    replicas,
  }
  for (let attempt = 0; ; attempt++) {
    try {
      return await buckets.create(POLICY_BUCKET, settings)
    } catch (error) {
      // Another service is making it at this moment: the next look finds it.
      if (attempt === MAKING_ATTEMPTS) throw error
      await pause(MAKING_PAUSE_MS)
    }
  }
}

/** Do what needs all servers of a cluster, again while they are still finding each other. */
export async function whenFormed(work: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + FORMED_WITHIN_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isForming =
        error instanceof TimeoutError ||
        (error instanceof JetStreamApiError && NOT_FORMED.has(error.apiError().err_code))
      if (!isForming || Date.now() > deadline) throw error
    }
    await pause(FORMED_PAUSE_MS)
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const isApiError = (error: unknown, code: number): boolean =>
  error instanceof JetStreamApiError && error.apiError().err_code === code
