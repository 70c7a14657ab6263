import { type AgentView, type Invitation, InvitationOrder } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { ClockScale } from '@muster/shared/runtime'
import { inviteAgent, listAgents, revokeAgent } from '../app/agents/admit-agents.ts'
import type { SigningKey } from '../app/agents/broker-gate.ts'
import { ownGate } from '../broker-connections.ts'
import type { Control } from '../control.ts'

/** Where those who are invited find the broker. */
export interface BrokerPlace {
  readonly natsUrl: string
  /** Root certificate that the broker's must come from, PEM. */
  readonly ca?: string
}

type AgentsAnswer = Invitation | AgentView | { agents: readonly AgentView[] } | { keys: readonly SigningKey[] }

/** Agents and the keys that make them. `undefined` for what is none of this. */
export async function serveAgents(
  { control, clockScale, broker }: { control: Control; clockScale: ClockScale; broker: BrokerPlace | undefined },
  { method, path, body }: { method: string; path: string; body: unknown },
): Promise<AgentsAnswer | undefined> {
  const key = `${method} ${path}`
  const ours = () => ownGate(control.admission)
  if (key === 'GET /agents') return { agents: await listAgents(ours()) }
  if (key === 'POST /invitations') {
    const order = InvitationOrder.safeParse(body ?? {})
    if (!order.success)
      throw new CodedError('graph/bad-body', order.error.issues[0]?.message ?? 'another body was expected')
    const invited = await inviteAgent(ours(), order.data)
    return { ...invited, ...ownGate(broker), tenant: control.deps.tenant, clock: clockScale }
  }
  const [, revoked] = /^POST \/agents\/([a-z0-9-]{1,40})\/revoke$/.exec(key) ?? []
  if (revoked !== undefined) return revokeAgent(ours(), revoked)
  if (key === 'GET /signing-keys') return { keys: ours().gate.signingKeys() }
  if (key === 'POST /signing-keys/roll-over') {
    await ours().gate.rollOver()
    return { keys: ours().gate.signingKeys() }
  }
  if (key === 'POST /signing-keys/retire') {
    await ours().gate.retire()
    return { keys: ours().gate.signingKeys() }
  }
  return undefined
}
