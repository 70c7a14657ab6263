import type { PlatformName } from './platform.ts'

/**
 * Every subject on the bus, once. Direction and kind: NATS principals are agents, so subjects stop at agent level; a device
 * is named inside the payload. Nothing on the broker exists per device.
 */
export const subjects = {
  /** agent → service, request, queue `svc`: `CheckInBatch`. */
  checkIn: (tenant: string, agent: string) => `v1.up.${tenant}.${agent}.chk`,
  /** agent → stream REPORTS: `ReportBatch`. */
  report: (tenant: string, agent: string) => `v1.up.${tenant}.${agent}.rpt`,
  /** agent → service, request, queue `pki`: `RenewalBatch`. */
  renewal: (tenant: string, agent: string) => `v1.up.${tenant}.${agent}.csr`,
  /** agent → service, request, queue `svc`: `AppRegistrationBatch`. */
  appRegistration: (tenant: string, agent: string) => `v1.up.${tenant}.${agent}.app`,
  /** agent → service, for devices that are not enrolled yet, request, queue `pki`: `EnrolmentBatch`. */
  enrolment: (tenant: string, agent: string) => `v1.up.${tenant}.${agent}.enr`,
  /** agent → service, request, queue `pki`: `AgentRenewal`, the agent's own credential. */
  agentRenewal: (tenant: string, agent: string) => `v1.up.${tenant}.${agent}.jwt`,
  /** a process that is no agent yet → service, request, queue `pki`: `AgentJoin`. */
  agentJoin: (tenant: string) => `v1.enr.${tenant}`,
  /** service → one agent: `Poke`. */
  poke: (tenant: string, agent: string) => `v1.dn.${tenant}.${agent}.poke`,
  /** service → all agents: `Poke`. */
  pokeAll: (tenant: string) => `v1.bc.${tenant}.all`,
  /** service → all agents, for the devices of a platform: `Poke`. */
  pokePlatform: (tenant: string, platform: PlatformName) => `v1.bc.${tenant}.p.${platform.toLowerCase()}`,
  /** simulation, agent → service, request: `WorkerHello`; also its heartbeat. */
  workerHello: (tenant: string, agent: string) => `v1.sim.${tenant}.${agent}.hello`,
  /** simulation, service → all agents, nothing in it: say hello now, the service has just come. */
  rollCall: (tenant: string) => `v1.sim.${tenant}.roll-call`,
  /** simulation, service → one agent, request: `FleetOrder`. */
  fleetOrder: (tenant: string, agent: string) => `v1.sim.${tenant}.${agent}.order`,
  /** what could not be read, to stream DLQ; `reason` is an error code with its slash as a hyphen. */
  deadLetter: (reason: string) => `v1.int.dlq.${reason}`,
} as const

/** The patterns that the control service serves, for one tenant. */
export const servicePatterns = {
  checkIn: (tenant: string) => `v1.up.${tenant}.*.chk`,
  renewal: (tenant: string) => `v1.up.${tenant}.*.csr`,
  appRegistration: (tenant: string) => `v1.up.${tenant}.*.app`,
  enrolment: (tenant: string) => `v1.up.${tenant}.*.enr`,
  agentRenewal: (tenant: string) => `v1.up.${tenant}.*.jwt`,
  workerHello: (tenant: string) => `v1.sim.${tenant}.*.hello`,
} as const

/** Messages on these subjects carry secrets with which one may enrol or join: they are kept nowhere. */
export const carriesSecrets = (subject: string): boolean => /^v1\.(up\.[^.]+\.[^.]+\.enr|enr\.[^.]+)$/.test(subject)

/** The patterns that streams cover. */
export const streamSubjects = { REPORTS: ['v1.up.*.*.rpt'], DLQ: ['v1.int.dlq.>'] } as const

/** The pattern of all pokes for one agent's ears beside its own: everybody and each platform. */
export const broadcastPattern = (tenant: string): string => `v1.bc.${tenant}.>`

/** Key of a policy body in the POLICY bucket. */
export const policyBodyKey = (tenant: string, sha256: string): string => `${tenant}.${sha256}`
