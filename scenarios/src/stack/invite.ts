import { Invitation } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { HttpClient } from '../client/http-client.ts'

export type Inviting = Pick<HttpClient, 'call'>

/**
 * Have the service open its door for one agent.
 * @throws CodedError `credential/revoked`, `nats/not-ours`, and what a call throws
 */
export async function invite(
  client: Inviting,
  order: { readonly agentId?: string; readonly readmit?: boolean },
): Promise<Invitation> {
  const answer = Invitation.safeParse(await client.call('POST', '/_muster/invitations', order))
  if (answer.success) return answer.data
  throw new CodedError('credential/bad-invitation', 'the service answered with no invitation')
}
