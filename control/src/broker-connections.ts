import { type Bus, CodedError } from '@muster/shared/core'
import type { CertificateAuthority } from '@muster/shared/pki'
import {
  createNatsBus,
  type Logger,
  type NatsBusOptions,
  openBrokerIdentity,
  openSystemConnection,
} from '@muster/shared/runtime'
import { openBrokerGate } from './adapters/nats/broker-gate.ts'
import type { BrokerGate } from './app/agents/broker-gate.ts'

/** The broker that the service is given: one of Muster's own, whose identity it keeps, or one that knows its users itself. */
export type ControlBroker =
  | {
      readonly kind: 'own'
      readonly identityDir: string
      /** Root certificate that the broker's must come from, PEM. */
      readonly ca?: string
      /** Where agents find it, when that is not where the service does. */
      readonly urlForAgents?: string
      /** How long an agent's token is good for. @default three days */
      readonly tokenMs?: number
    }
  | { readonly kind: 'given'; readonly user?: string; readonly password?: string }

export interface BrokerConnections {
  readonly buses: { readonly requests: Bus; readonly reports: Bus; readonly outgoing: Bus }
  readonly serverVersion: string
  /** Of a broker of Muster's own. */
  readonly gate: BrokerGate | undefined
  close(): Promise<void>
}

/**
 * Connect the service. Requests have a connection that may answer and do little else: what agents ask cannot make it touch
 * streams.
 * @throws CodedError `bus/…`
 */
export async function connectBroker(options: {
  readonly url: string
  readonly broker: ControlBroker
  readonly tenant: string
  readonly authority: CertificateAuthority
  readonly log: Logger
}): Promise<BrokerConnections> {
  const { url, broker, tenant, authority, log } = options
  const identity = broker.kind === 'own' ? openBrokerIdentity(broker.identityDir) : undefined
  const connect = (name: string, role: 'service' | 'responder') =>
    createNatsBus({ url, ...brokerProof(broker, role, name, tenant), name, role, tenant })
  const onError = (error: unknown): void => log.error({ err: error }, 'nats-server was not told of its account')
  // It goes first: a server that was restored from a copy may not know the keys of today.
  const system = identity && (await openSystemConnection({ url, ...caOf(broker), identity, onError }))
  const reports = await connect('control-reports', 'service')
  const [outgoing, requests] = [
    await connect('control-outgoing', 'service'),
    await connect('control-requests', 'responder'),
  ]
  return {
    buses: { requests, reports, outgoing },
    serverVersion: requests.serverVersion,
    gate: identity && system ? openBrokerGate({ identity, authority, system, tenant }) : undefined,
    close: async () => {
      await Promise.all([requests.close(), reports.close(), outgoing.close(), system?.close()])
    },
  }
}

/** With what a service gets in, beside its name. */
export function brokerProof(
  broker: ControlBroker,
  role: 'service' | 'responder',
  name: string,
  tenant: string,
): Pick<NatsBusOptions, 'principal' | 'ca' | 'user' | 'password'> {
  if (broker.kind === 'own')
    return { ...caOf(broker), principal: openBrokerIdentity(broker.identityDir).service(role, name, tenant) }
  const { user, password } = broker
  return { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) }
}

const caOf = (broker: ControlBroker): { ca?: string } =>
  broker.kind === 'own' && broker.ca !== undefined ? { ca: broker.ca } : {}

/** @throws CodedError `nats/not-ours` */
export function ownGate<T>(gate: T | undefined): T {
  if (gate) return gate
  throw new CodedError('nats/not-ours', 'the broker is not one of Muster’s own: it knows its users itself')
}
