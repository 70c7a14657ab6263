import { CodedError } from '@muster/shared/core'
import { connectNats } from '../nats-connection.ts'
import type { BrokerIdentity } from './broker-identity.ts'

/** A connection in the system account: tells the server what the accounts have become. */
export interface SystemConnection {
  /**
   * Tell the server now: it ends the connections of those who are revoked. Told again by itself after each reconnection.
   * @throws CodedError `bus/disconnected`
   */
  tellAccounts(): Promise<void>
  close(): Promise<void>
}

const TOLD_WITHIN_MS = 5_000

/**
 * Open it, and tell the server the accounts as they are.
 * @throws CodedError `bus/disconnected`, `bus/refused`
 */
export async function openSystemConnection(options: {
  readonly url: string
  readonly ca?: string
  readonly identity: BrokerIdentity
  readonly onError: (error: unknown) => void
}): Promise<SystemConnection> {
  const { identity, onError, ...server } = options
  const name = 'control-system'
  const connection = await connectNats({
    ...server,
    principal: identity.system(name),
    name,
    role: 'service',
    tenant: 'system',
  })
  const tell = async (token: string): Promise<void> => {
    try {
      const answer = await connection.request('$SYS.REQ.CLAIMS.UPDATE', token, { timeout: TOLD_WITHIN_MS })
      const { data, error } = answer.json<{ data?: { code?: number }; error?: { description?: string } }>()
      if (data?.code !== 200) throw new Error(error?.description ?? 'the server does not take the account')
    } catch (cause) {
      throw new CodedError('bus/disconnected', 'nats-server could not be told of its accounts', { cause })
    }
  }
  const tellAccounts = async (): Promise<void> => {
    for (const token of identity.accountTokens()) await tell(token)
  }
  void (async () => {
    for await (const { type } of connection.status()) if (type === 'reconnect') await tellAccounts().catch(onError)
  })()
  await tellAccounts()
  return { tellAccounts, close: () => connection.close() }
}
