import { CodedError } from '@muster/shared/core'
import { connectNats } from '../nats-connection.ts'
import type { BrokerIdentity } from './broker-identity.ts'

/** A connection in the system account: tells the server what the account of the fleet has become. */
export interface SystemConnection {
  /**
   * Tell the server now: it ends the connections of those who are revoked. Told again by itself after each reconnection.
   * @throws CodedError `bus/disconnected`
   */
  tellAccount(): Promise<void>
  close(): Promise<void>
}

const TOLD_WITHIN_MS = 5_000

/**
 * Open it, and tell the server the account as it is.
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
  const tellAccount = async (): Promise<void> => {
    const { accounts, fleetAccount } = identity.trust()
    try {
      const answer = await connection.request('$SYS.REQ.CLAIMS.UPDATE', accounts[fleetAccount] ?? '', {
        timeout: TOLD_WITHIN_MS,
      })
      const { data, error } = answer.json<{ data?: { code?: number }; error?: { description?: string } }>()
      if (data?.code !== 200) throw new Error(error?.description ?? 'the server does not take the account')
    } catch (cause) {
      throw new CodedError('bus/disconnected', 'nats-server could not be told of the account', { cause })
    }
  }
  void (async () => {
    for await (const { type } of connection.status()) if (type === 'reconnect') await tellAccount().catch(onError)
  })()
  await tellAccount()
  return { tellAccount, close: () => connection.close() }
}
