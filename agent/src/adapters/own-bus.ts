import { type Bus, type Clock, CodedError, type Timer } from '@muster/shared/core'
import { createNatsBus, createRenewingBus, type Logger, type RenewingBus } from '@muster/shared/runtime'
import { type AgentCredentials, type Joining, join, keptCredentials } from './agent-credentials.ts'

export interface OwnBusOptions extends Omit<Joining, 'wallMs'> {
  readonly wall: Clock
  readonly log: Logger
  /** The agent's token has run out, and it was not given another. */
  readonly onOver: (error: unknown) => void
}

/** A renewal that failed is tried again after so long, or sooner where little time is left. */
const AGAIN_MS = 60_000

/**
 * An agent's bus to a broker of Muster's own: with the credentials of the last time, or those that an invitation gives,
 * renewed at half of their life for as long as the bus is open.
 * @throws CodedError `bus/…`, `credential/…`, `simulation/agent-id-taken`
 */
export async function openOwnBus(options: OwnBusOptions): Promise<Bus> {
  const { wall } = options
  const joining = { ...options, wallMs: () => wall.nowMs() }
  const { credentials, bus } = await enter(joining)
  const renewing = renewInTime(options, credentials, bus)
  return Object.assign(Object.create(bus) as Bus, {
    close: async () => {
      renewing.cancel()
      await bus.close()
    },
  })
}

async function enter(joining: Joining): Promise<{ credentials: AgentCredentials; bus: RenewingBus }> {
  const connect = async (credentials: AgentCredentials) => ({
    credentials,
    bus: await createRenewingBus(joining.agentId, () => connection(joining, credentials)),
  })
  const kept = keptCredentials(joining)
  if (kept) {
    try {
      return await connect(kept)
    } catch (error) {
      // Another broker than the last time, or shut out meanwhile: an invitation decides.
      if (!(error instanceof CodedError && error.code === 'bus/refused') || !joining.invitation) throw error
    }
  }
  return connect(await join(joining))
}

const connection = (
  { natsUrl, ca, agentId, tenant }: Joining,
  { principal }: AgentCredentials,
): ReturnType<typeof createNatsBus> =>
  createNatsBus({
    url: natsUrl,
    ...(ca === undefined ? {} : { ca }),
    principal,
    name: agentId,
    role: 'agent',
    tenant,
  })

/** Renew at half of the life, and go over to a connection that the new token has made. */
function renewInTime({ wall, log, onOver }: OwnBusOptions, credentials: AgentCredentials, bus: RenewingBus): Timer {
  let timer: Timer
  let cancelled = false
  const later = (atMs: number): void => {
    if (!cancelled) timer = wall.at(atMs, () => void renew())
  }
  const renew = async (): Promise<void> => {
    try {
      await credentials.renew(bus)
      await bus.renew()
      later(halfOf(credentials))
    } catch (error) {
      if (cancelled) return
      const leftMs = credentials.credential.expiresAtMs - wall.nowMs()
      if (leftMs <= 0) return onOver(error)
      log.warn({ err: error, leftMs }, 'the credentials could not be renewed; it is tried again')
      later(wall.nowMs() + Math.min(AGAIN_MS, Math.max(50, leftMs / 4)))
    }
  }
  later(halfOf(credentials))
  return {
    cancel: () => {
      cancelled = true
      timer.cancel()
    },
  }
}

const halfOf = ({ credential: { issuedAtMs, expiresAtMs } }: AgentCredentials): number =>
  issuedAtMs + (expiresAtMs - issuedAtMs) / 2
