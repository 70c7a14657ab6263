export { childEnvironment } from './child-environment.ts'
export { type DeadLetter, sendDeadLetter } from './dead-letter.ts'
export { acquireLock, type LockFile } from './lock-file.ts'
export { createLogger, type Logger } from './log.ts'
export { type BrokerImage, createMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from './memory-bus.ts'
export type { LinkConditions, NetworkCounts } from './memory-network.ts'
export { createNatsBus } from './nats-bus.ts'
export type { NatsBusOptions } from './nats-connection.ts'
export { type BrokerIdentity, openBrokerIdentity, type SigningKeyView } from './nats-identity/broker-identity.ts'
export { createNkey, isPublicNkey, nkeyFromSeed, verifyWithNkey } from './nats-identity/nkey.ts'
export { type Principal, type PrincipalText, principalOf, principalWith } from './nats-identity/principal.ts'
export { inboxes, type ScopeRole } from './nats-identity/scopes.ts'
export { openSystemConnection, type SystemConnection } from './nats-identity/system-connection.ts'
export { writeServerFiles } from './nats-server/server-files.ts'
export {
  brokerIdentityDir,
  type NatsSupervisor,
  type SupervisorOptions,
  superviseNatsServer,
} from './nats-server/supervisor.ts'
export { type PrivateFile, privateFile } from './private-file.ts'
export { commandLineOf, identify, isRunning, type ProcessIdentity } from './process-identity.ts'
export { createRenewingBus, type RenewingBus } from './renewing-bus.ts'
export { type ClockScale, scaledClock, systemClock } from './scaled-clock.ts'
export { matchesSubject } from './subject-match.ts'
export { startTcpFaultProxy, type TcpFault } from './tcp-fault-proxy.ts'
