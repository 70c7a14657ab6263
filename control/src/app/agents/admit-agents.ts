import type { AgentCredentialReply, AgentJoin, AgentRenewal, AgentView, Invitation } from '@muster/shared/contracts'
import { type Clock, CodedError, DAY_MS, type EpochMs, MINUTE_MS } from '@muster/shared/core'
import type { Store } from '../ports.ts'
import type { Agent, AgentInvitation } from './agent.ts'
import type { BrokerGate } from './broker-gate.ts'

/** How long an invitation stands open. */
const INVITATION_MS = 10 * MINUTE_MS
/** How long a token is good for, at most; agents renew at half of it. */
const TOKEN_MS = 3 * DAY_MS

export interface AdmissionDeps {
  readonly store: Store
  readonly gate: BrokerGate
  readonly wall: Pick<Clock, 'nowMs'>
  readonly tenant: string
  /** Whether a process lives under an agent's id at this moment. */
  readonly isAlive: (agentId: string) => boolean
  /** @default three days */
  readonly tokenMs?: number
}

type Invited = Pick<Invitation, 'v' | 'secret' | 'enrolment' | 'agentId' | 'expiresAtMs'>

/**
 * Open the door for one agent, for ten minutes.
 * @throws CodedError `credential/revoked` for an agent that was revoked and is not to be readmitted
 */
export async function inviteAgent(
  { store, gate, wall, tenant }: AdmissionDeps,
  { agentId, readmit }: { agentId?: string | undefined; readmit: boolean },
): Promise<Invited> {
  const nowMs = wall.nowMs()
  const expiresAtMs = nowMs + INVITATION_MS
  const secret = gate.newSecret()
  const forWhom = agentId === undefined ? {} : { agentId }
  await store.transaction(async (tables) => {
    const known = agentId === undefined ? undefined : await tables.agents.get(agentId)
    if (known?.revokedAtMs !== undefined && !readmit)
      throw new CodedError('credential/revoked', `the agent ${agentId} was revoked: say that it is to be readmitted`)
    for (const { id, expiresAtMs: untilMs } of await tables.agentInvitations.list())
      if (untilMs < nowMs) await tables.agentInvitations.delete(id)
    await tables.agentInvitations.put({ id: gate.digestOf(secret), ...forWhom, readmit, expiresAtMs })
  })
  return { v: 1, secret, enrolment: gate.enrolment(tenant, nowMs, expiresAtMs), ...forWhom, expiresAtMs }
}

/**
 * Make an agent of who holds an invitation: a certificate, and a token that ends no later. Who had the name before is shut
 * out. Refusals: `credential/bad-invitation`, `credential/bad-proof`, `credential/revoked`, `simulation/agent-id-taken`.
 */
export async function joinAgent(deps: AdmissionDeps, join: AgentJoin): Promise<AgentCredentialReply> {
  const { store, gate, wall, tenant } = deps
  const nowMs = wall.nowMs()
  if (!gate.provesJoin(tenant, join)) return refused('credential/bad-proof', 'the request does not prove its keys')
  const { reply, leaving } = await store.transaction(async (tables) => {
    const invitation = await tables.agentInvitations.get(gate.digestOf(join.secret))
    const before = await tables.agents.get(join.agentId)
    const refusal = refusalOf(deps, join, invitation, before, nowMs)
    if (refusal) return { reply: refusal, leaving: [] }
    // The answer may have been lost: it is given again, and nothing is done again.
    if (before && invitation?.usedBy !== undefined) return { reply: replyTo(deps, before), leaving: [] }
    const granted = grant(deps, join, before, nowMs)
    if (!granted)
      return { reply: refused('credential/bad-proof', 'the request for a certificate is none'), leaving: [] }
    await tables.agents.put(granted)
    if (invitation) await tables.agentInvitations.put({ ...invitation, usedAtMs: nowMs, usedBy: join.userKey })
    return { reply: replyTo(deps, granted), leaving: granted.shutOut }
  })
  if (leaving.length > 0) await gate.shutOut(leaving)
  return reply
}

/**
 * The next token and certificate of an agent, for the same keys. Refusals: `credential/bad-proof`, `credential/revoked`.
 */
export async function renewAgent(deps: AdmissionDeps, renewal: AgentRenewal): Promise<AgentCredentialReply> {
  const { store, gate, wall, tenant } = deps
  const nowMs = wall.nowMs()
  return store.transaction(async (tables) => {
    const agent = await tables.agents.get(renewal.agentId)
    if (agent?.revokedAtMs !== undefined) return refused('credential/revoked', 'this agent was revoked')
    const unproven = refused('credential/bad-proof', 'the request does not prove the key of the certificate')
    if (agent?.userKey !== renewal.userKey || !gate.provesRenewal(tenant, renewal, agent.certificate)) return unproven
    // The answer may have been lost: it is given again, and nothing is done again.
    if (agent.renewedSerialNumber === renewal.serialNumber) return replyTo(deps, agent)
    const granted = agent.serialNumber === renewal.serialNumber ? grant(deps, renewal, agent, nowMs) : undefined
    if (!granted) return unproven
    await tables.agents.put({ ...granted, renewedSerialNumber: renewal.serialNumber })
    return replyTo(deps, granted)
  })
}

/**
 * Shut an agent out. It is so from the moment that the store says it; then the broker ends its connection.
 * @throws CodedError `credential/unknown-agent`
 */
export async function revokeAgent({ store, gate, wall }: AdmissionDeps, agentId: string): Promise<AgentView> {
  const nowMs = wall.nowMs()
  const agent = await store.transaction(async (tables) => {
    const known = await tables.agents.get(agentId)
    if (!known) throw new CodedError('credential/unknown-agent', `there is no agent ${agentId}`)
    const revoked = { ...known, revokedAtMs: known.revokedAtMs ?? nowMs, shutOut: shutOutWith(known, nowMs) }
    await tables.agents.put(revoked)
    return revoked
  })
  await gate.shutOut(agent.shutOut)
  return viewOf(agent)
}

export const listAgents = async ({ store }: Pick<AdmissionDeps, 'store'>): Promise<readonly AgentView[]> =>
  (await store.agents.list()).map(viewOf)

/** Tell the broker all that it has to know, after a start: what was decided before may not have reached it. */
export async function shutOutAll({ store, gate, wall }: Pick<AdmissionDeps, 'store' | 'gate' | 'wall'>): Promise<void> {
  const all = (await store.agents.list()).flatMap(({ shutOut }) => shutOut)
  await gate.shutOut(all.filter(({ untilMs }) => untilMs > wall.nowMs()))
}

function refusalOf(
  { isAlive }: AdmissionDeps,
  { agentId, userKey }: AgentJoin,
  invitation: AgentInvitation | undefined,
  before: Agent | undefined,
  nowMs: EpochMs,
): AgentCredentialReply | undefined {
  const open =
    invitation !== undefined &&
    invitation.expiresAtMs > nowMs &&
    (invitation.agentId ?? agentId) === agentId &&
    (invitation.usedBy === undefined || (invitation.usedBy === userKey && before?.userKey === userKey))
  if (!open) return refused('credential/bad-invitation', 'the invitation is used, over, or for another agent')
  // An invitation readmits once: who was revoked since is outside.
  if (before?.revokedAtMs !== undefined && (!invitation.readmit || invitation.usedBy !== undefined))
    return refused('credential/revoked', 'this agent was revoked')
  if (before !== undefined && before.userKey !== userKey && isAlive(agentId))
    return refused('simulation/agent-id-taken', 'a process lives under this name')
  return undefined
}

function grant(
  { gate, tokenMs = TOKEN_MS }: AdmissionDeps,
  { agentId, userKey, csr }: Pick<AgentJoin, 'agentId' | 'userKey' | 'csr'>,
  before: Agent | undefined,
  nowMs: EpochMs,
): Agent | undefined {
  const certified = gate.certify(agentId, csr, nowMs)
  if (!certified.ok) return undefined
  const { certificate, serialNumber, notAfterMs } = certified.value
  const shutOut = before === undefined || before.userKey === userKey ? [] : shutOutWith(before, nowMs)
  return {
    id: agentId,
    userKey,
    joinedAtMs: before?.userKey === userKey ? before.joinedAtMs : nowMs,
    issuedAtMs: nowMs,
    expiresAtMs: Math.min(nowMs + tokenMs, notAfterMs),
    certificate,
    serialNumber,
    shutOut,
  }
}

/** What an agent was granted, as it is told; the same at each telling. */
function replyTo({ gate }: AdmissionDeps, agent: Agent): AgentCredentialReply {
  const { id: agentId, userKey, issuedAtMs, expiresAtMs } = agent
  const { chain, ...certified } = gate.certified(agent.certificate)
  const token = gate.token({ agentId, userKey, issuedAtMs, expiresAtMs })
  const credential = { token, issuedAtMs, expiresAtMs, ...certified, chain: [...chain] }
  return { v: 1, outcome: 'granted', credential }
}

/** Those who must stay outside, and the one who is let in no more. */
function shutOutWith({ userKey, expiresAtMs, shutOut }: Agent, nowMs: EpochMs): Agent['shutOut'] {
  const others = shutOut.filter((other) => other.untilMs > nowMs && other.userKey !== userKey)
  return [...others, { userKey, atMs: nowMs, untilMs: expiresAtMs }]
}

const refused = (
  code: Extract<AgentCredentialReply, { outcome: 'refused' }>['code'],
  message: string,
): AgentCredentialReply => ({ v: 1, outcome: 'refused', code, message })

const viewOf = ({ id, joinedAtMs, issuedAtMs, expiresAtMs, serialNumber, revokedAtMs }: Agent): AgentView => ({
  agentId: id,
  ...{ joinedAtMs, issuedAtMs, expiresAtMs, serialNumber },
  ...(revokedAtMs === undefined ? {} : { revokedAtMs }),
})
