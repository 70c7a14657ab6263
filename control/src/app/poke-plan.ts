import { type Poke, subjects } from '@muster/shared/contracts'
import type { Device } from '../domain/model.ts'
import type { OutboxMessage } from './ports.ts'

/** Device ids that one poke names at the most; more go into further pokes. */
const IDS_PER_POKE = 2_000

export interface PokeContext {
  readonly tenant: string
  readonly reason: Poke['reason']
  readonly correlationId: string
  /** Check-ins a second, wall time, that the service wants to be woken to. */
  readonly checkInsPerSecond: number
  /** Simulated seconds in a wall second: spreads are in simulated time. */
  readonly speed: number
}

/** What a use case needs that wakes devices: how, and whom to tell that the outbox has something. */
export interface Waking {
  readonly poke: Pick<PokeContext, 'tenant' | 'checkInsPerSecond' | 'speed'>
  readonly relay: () => void
}

/** Wake these devices through their agents, spread so that check-ins arrive evenly whatever the number. */
export function pokesFor(
  devices: readonly Pick<Device, 'id' | 'agentId'>[],
  context: PokeContext,
): readonly OutboxMessage[] {
  const spreadMs = Math.round((devices.length / context.checkInsPerSecond) * 1_000 * context.speed)
  const messages: OutboxMessage[] = []
  for (const [agentId, ofAgent] of Map.groupBy(devices, (device) => device.agentId)) {
    for (let from = 0; from < ofAgent.length; from += IDS_PER_POKE) {
      const deviceIds = ofAgent.slice(from, from + IDS_PER_POKE).map((device) => device.id)
      messages.push({
        kind: 'poke',
        subject: subjects.poke(context.tenant, agentId),
        poke: { v: 1, deviceIds, reason: context.reason, spreadMs, correlationId: context.correlationId },
      })
    }
  }
  return messages
}
