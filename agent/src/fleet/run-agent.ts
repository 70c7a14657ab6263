import { hostname } from 'node:os'
import { generateDeviceKey } from '@muster/shared/pki'
import {
  acquireLock,
  type ClockScale,
  createLogger,
  createNatsBus,
  scaledClock,
  systemClock,
} from '@muster/shared/runtime'
import { loadFleet, saveFleet, snapshotPath } from '../adapters/snapshot.ts'
import { platformOf } from '../platforms/index.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { newBoot } from './interpreter.ts'

/** All that an agent process is told. */
export interface AgentConfig {
  readonly natsUrl: string
  readonly user?: string
  readonly password?: string
  readonly tenant: string
  readonly agentId: string
  /** @default 20000 */
  readonly capacity: number
  /** Where the fleet is kept over restarts; absent: nowhere. */
  readonly dataDir?: string
  readonly clock: ClockScale
  readonly labels?: Readonly<Record<string, string>>
  readonly logLevel: string
}

const SNAPSHOT_EVERY_MS = 30_000

/** A name for an agent that was given none: the machine and the process. */
export const defaultAgentId = (): string =>
  `${hostname()
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .slice(0, 24)}-${process.pid}`

/**
 * The agent process: connect, take up the fleet of the last time if one is kept, serve until `signal` aborts, and leave
 * everything in order. One device or twenty thousand.
 * @throws CodedError `bus/disconnected`, `bus/refused`, `simulation/agent-id-taken`, `fleet/…`, `runtime/locked`
 */
export async function runAgent(
  config: AgentConfig,
  signal: AbortSignal,
  onReady?: (fleet: Fleet) => void,
): Promise<void> {
  const log = createLogger({ name: `agent.${config.agentId}`, level: config.logLevel })
  const keep = config.dataDir === undefined ? undefined : snapshotPath(config.dataDir, config.agentId)
  const kept = keep === undefined ? undefined : loadFleet(keep, config.agentId)
  const lock = keep === undefined ? undefined : acquireLock(`${keep}.lock`, `the fleet ${config.agentId}`)
  try {
    await serve(config, signal, log, keep, kept ?? [], onReady)
  } finally {
    lock?.release()
  }
}

async function serve(
  config: AgentConfig,
  signal: AbortSignal,
  log: ReturnType<typeof createLogger>,
  keep: string | undefined,
  kept: NonNullable<ReturnType<typeof loadFleet>>,
  onReady: ((fleet: Fleet) => void) | undefined,
): Promise<void> {
  const { agentId, tenant } = config
  const bus = await createNatsBus({
    url: config.natsUrl,
    ...(config.user === undefined ? {} : { user: config.user }),
    ...(config.password === undefined ? {} : { password: config.password }),
    name: agentId,
    role: 'agent',
    tenant,
  })
  const fleet = createFleet({
    agentId,
    tenant,
    boot: newBoot(),
    bus,
    clock: scaledClock(config.clock),
    clockSpeed: config.clock.speed,
    wall: systemClock(),
    generateKey: generateDeviceKey,
    platformOf,
    capacity: config.capacity,
    ...(config.labels ? { labels: config.labels } : {}),
    log,
  })
  const save = (): void => {
    if (keep !== undefined) saveFleet(keep, agentId, fleet.slots.values())
  }
  try {
    fleet.adopt(kept)
    await fleet.start()
    onReady?.(fleet)
    const timer = setInterval(() => saveOrSay(save, log), SNAPSHOT_EVERY_MS)
    await aborted(signal)
    clearInterval(timer)
    await fleet.stop()
    save()
  } finally {
    await bus.close()
  }
}

function saveOrSay(save: () => void, log: ReturnType<typeof createLogger>): void {
  try {
    save()
  } catch (error) {
    log.error({ err: error }, 'the fleet could not be saved; it will be tried again')
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
