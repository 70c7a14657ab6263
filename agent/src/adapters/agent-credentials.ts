import { setTimeout as pause } from 'node:timers/promises'
import {
  AgentCredential,
  AgentCredentialReply,
  type AgentJoin,
  type AgentRenewal,
  agentJoinText,
  agentRenewalText,
  decode,
  encode,
  type Invitation,
  subjects,
} from '@muster/shared/contracts'
import { type Bus, CodedError } from '@muster/shared/core'
import { createCsr, type DeviceKey, generateDeviceKey, signWithDeviceKey } from '@muster/shared/pki'
import {
  createNatsBus,
  createNkey,
  inboxes,
  nkeyFromSeed,
  type Principal,
  type PrivateFile,
  principalOf,
  principalWith,
} from '@muster/shared/runtime'
import { z } from 'zod'

/** What an agent holds: the two keys that it made, and what was made of them. Secret as a whole. */
const Held = z.object({
  agentId: z.string(),
  tenant: z.string(),
  seed: z.string(),
  /** PKCS#8 in Base64. */
  certificateKey: z.string(),
  credential: AgentCredential,
})
type Held = z.infer<typeof Held>

/** An agent's place at the broker. */
export interface AgentCredentials {
  readonly principal: Principal
  readonly credential: AgentCredential
  /**
   * Ask for the next token and certificate, over the connection that the present token has made.
   * @throws CodedError what `Bus.request` throws; `credential/…` when it is refused
   */
  renew(bus: Pick<Bus, 'request'>): Promise<void>
}

export interface Joining {
  readonly agentId: string
  readonly tenant: string
  readonly natsUrl: string
  readonly ca?: string
  readonly invitation?: Invitation
  /** Where credentials are kept over restarts. */
  readonly file?: PrivateFile
  readonly wallMs: () => number
}

const ASK_TIMEOUT_MS = 5_000
/** The service may be starting, or take the process before this one, that has just ended, for alive. */
const PATIENCE_MS = 15_000
const AGAIN_MS = 300

/** The credentials of the last time while they are in force. */
export function keptCredentials(joining: Joining): AgentCredentials | undefined {
  const { agentId, tenant, file, wallMs } = joining
  const text = file?.read()
  if (text === undefined) return undefined
  const held = Held.safeParse(JSON.parse(text))
  if (!held.success || held.data.agentId !== agentId || held.data.tenant !== tenant) return undefined
  return held.data.credential.expiresAtMs > wallMs() ? credentialsOf(joining, held.data) : undefined
}

/**
 * Become an agent: make two keys, and have them certified with the invitation.
 * @throws CodedError `credential/not-invited`, `credential/bad-invitation`, `credential/revoked`, `simulation/agent-id-taken`, `bus/…`
 */
export async function join(joining: Joining): Promise<AgentCredentials> {
  const { agentId, tenant, invitation } = joining
  if (!invitation)
    throw new CodedError(
      'credential/not-invited',
      `${agentId} has no credentials that are in force: \`muster agents invite\` writes an invitation`,
    )
  const [user, certificateKey] = [createNkey('user'), await generateDeviceKey()]
  const csr = csrOf(certificateKey, agentId)
  const { secret } = invitation
  const asked = { secret, agentId, userKey: user.publicKey, csr: Buffer.from(csr).toString('base64') }
  const proof = Buffer.from(user.sign(Buffer.from(agentJoinText(tenant, asked)))).toString('base64')
  const request: AgentJoin = { v: 1, ...asked, proof }
  const bus = await createNatsBus({
    url: joining.natsUrl,
    ...(joining.ca === undefined ? {} : { ca: joining.ca }),
    principal: principalOf(invitation.enrolment),
    name: agentId,
    role: 'agent',
    tenant,
  })
  try {
    const credential = await patiently(joining, () => ask(bus, subjects.agentJoin(tenant), request))
    const held = { agentId, tenant, seed: user.seed, certificateKey: base64(certificateKey), credential }
    joining.file?.write(JSON.stringify(held))
    return credentialsOf(joining, held)
  } finally {
    await bus.close()
  }
}

function credentialsOf({ file }: Joining, found: Held): AgentCredentials {
  let held = found
  const { agentId, tenant } = held
  const [user, certificateKey] = [nkeyFromSeed(held.seed), Buffer.from(held.certificateKey, 'base64')]
  return {
    principal: principalWith(user, inboxes.agent(tenant, agentId), () => held.credential.token),
    get credential() {
      return held.credential
    },
    renew: async (bus) => {
      const unsigned = {
        agentId,
        userKey: user.publicKey,
        serialNumber: held.credential.serialNumber,
        csr: base64(csrOf(certificateKey, agentId)),
      }
      const signature = base64(signWithDeviceKey(certificateKey, Buffer.from(agentRenewalText(tenant, unsigned))))
      const request: AgentRenewal = { v: 1, ...unsigned, signature }
      held = { ...held, credential: await ask(bus, subjects.agentRenewal(tenant, agentId), request) }
      file?.write(JSON.stringify(held))
    },
  }
}

async function ask(bus: Pick<Bus, 'request'>, subject: string, request: unknown): Promise<AgentCredential> {
  const answer = decode(
    AgentCredentialReply,
    await bus.request(subject, encode(request), { timeoutMs: ASK_TIMEOUT_MS }),
  )
  if (!answer.ok) throw CodedError.of(answer.refusal)
  if (answer.value.outcome === 'granted') return answer.value.credential
  throw new CodedError(answer.value.code, answer.value.message)
}

const PASSING: ReadonlySet<string> = new Set(['bus/no-responders', 'bus/timeout', 'simulation/agent-id-taken'])

async function patiently<T>({ wallMs }: Joining, work: () => Promise<T>): Promise<T> {
  const untilMs = wallMs() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CodedError && PASSING.has(error.code)) || wallMs() > untilMs) throw error
      await pause(AGAIN_MS)
    }
  }
}

const csrOf = (key: DeviceKey, agentId: string): Uint8Array =>
  createCsr({ key, subject: [{ type: 'CN', value: agentId }] })

const base64 = (data: Uint8Array): string => Buffer.from(data).toString('base64')
