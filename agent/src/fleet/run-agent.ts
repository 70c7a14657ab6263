import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Invitation, PlatformName } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'
import { generateDeviceKey } from '@muster/shared/pki'
import {
  acquireLock,
  type ClockScale,
  createLogger,
  createNatsBus,
  privateFile,
  scaledClock,
  systemClock,
} from '@muster/shared/runtime'
import { type FleetFile, fleetPath, openFleetFile } from '../adapters/fleet-file.ts'
import { openOwnBus } from '../adapters/own-bus.ts'
import { platformOf } from '../platforms/index.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { newBoot } from './interpreter.ts'

/** How an agent gets in: to a broker of Muster's own as itself, to another as everybody does. */
export type AgentBroker =
  | { readonly kind: 'own'; readonly ca?: string; readonly invitation?: Invitation }
  | { readonly kind: 'given'; readonly user?: string; readonly password?: string }

/** All that an agent process is told. */
export interface AgentConfig {
  readonly natsUrl: string
  readonly broker: AgentBroker
  readonly tenant: string
  readonly agentId: string
  /** @default 20000 */
  readonly capacity: number
  /** Where the fleet is kept over restarts; absent: nowhere. */
  readonly dataDir?: string
  readonly clock: ClockScale
  readonly labels?: Readonly<Record<string, string>>
  /** Only devices of these shall be put on it; of all when absent. */
  readonly platforms?: readonly PlatformName[]
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
 * @throws CodedError `bus/disconnected`, `bus/refused`, `credential/…`, `simulation/agent-id-taken`, `fleet/…`,
 * `store/disk-full`, `runtime/locked`
 */
export async function runAgent(
  config: AgentConfig,
  signal: AbortSignal,
  onReady?: (fleet: Fleet) => void,
): Promise<void> {
  const log = createLogger({ name: `agent.${config.agentId}`, level: config.logLevel })
  if (config.dataDir === undefined) return serve(config, signal, log, undefined, onReady)
  const path = fleetPath(config.dataDir, config.agentId)
  const lock = acquireLock(`${path}.lock`, `the fleet ${config.agentId}`)
  try {
    const file = openFleetFile(path, config.agentId)
    await serve(config, signal, log, file, onReady).finally(() => file.close())
  } finally {
    lock.release()
  }
}

async function serve(
  config: AgentConfig,
  signal: AbortSignal,
  log: ReturnType<typeof createLogger>,
  file: FleetFile | undefined,
  onReady: ((fleet: Fleet) => void) | undefined,
): Promise<void> {
  const { agentId, tenant } = config
  // An agent that cannot keep its fleet ends, rather than promise what it may forget; so does one that is let in no more.
  const broken = new AbortController()
  const bus = await openBus(config, log, (error) => broken.abort(error))
  const orBreak = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      broken.abort(error)
    }
  }
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
    ...(config.platforms ? { platforms: config.platforms } : {}),
    ...(file
      ? {
          keep: (slot) => orBreak(() => file.keep(slot)),
          keepTokens: (tokens) => orBreak(() => file.keepTokens(tokens)),
        }
      : {}),
    log,
  })
  const save = (): void => file?.save(fleet.slots.values())
  const timer = setInterval(() => orBreak(save), SNAPSHOT_EVERY_MS)
  try {
    fleet.giveTokens(file?.tokens ?? {})
    fleet.adopt(file?.devices ?? [])
    await fleet.start()
    onReady?.(fleet)
    await aborted(AbortSignal.any([signal, broken.signal]))
    await fleet.stop()
    broken.signal.throwIfAborted()
    save()
  } finally {
    clearInterval(timer)
    await bus.close()
  }
}

function openBus(
  { broker, natsUrl, agentId, tenant, dataDir }: AgentConfig,
  log: ReturnType<typeof createLogger>,
  onOver: (error: unknown) => void,
): Promise<Bus> {
  if (broker.kind === 'own') {
    const file = dataDir === undefined ? {} : { file: privateFile(join(dataDir, `agent-${agentId}.json`)) }
    return openOwnBus({ ...broker, ...file, natsUrl, agentId, tenant, wall: systemClock(), log, onOver })
  }
  const { kind: _, ...credentials } = broker
  return createNatsBus({ url: natsUrl, ...credentials, name: agentId, role: 'agent', tenant })
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
