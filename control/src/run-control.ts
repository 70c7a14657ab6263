import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '@muster/shared/core'
import { type CertificateAuthority, type DeviceKey, fromPem, generateDeviceKeySync, toPem } from '@muster/shared/pki'
import {
  acquireLock,
  type ClockScale,
  createLogger,
  privateFile,
  scaledClock,
  systemClock,
} from '@muster/shared/runtime'
import { z } from 'zod'
import { openAuthority } from './adapters/certificate-issuer.ts'
import { httpReceivers } from './adapters/http-receivers.ts'
import { randomIds } from './adapters/random-ids.ts'
import { openSqliteStore } from './adapters/sqlite/store.ts'
import { type BrokerConnections, type ControlBroker, connectBroker } from './broker-connections.ts'
import { type Control, type ControlDeps, createControl } from './control.ts'
import { createIdentity } from './graph/identity/authority.ts'
import { type ConfiguredApplication, registerConfigured } from './graph/identity/configured-applications.ts'
import { openSigningKeys } from './graph/identity/signing-keys.ts'
import { resumeExports } from './graph/reports/export-jobs.ts'
import { type HttpDoor, openHttpDoor, type ServerIdentity } from './http-door.ts'
import { createIntercepted } from './intercept.ts'
import type { SimulationContext } from './simulation/routes.ts'

/** All that the control service is told. */
export interface ControlConfig {
  readonly natsUrl: string
  readonly broker: ControlBroker
  /** Subject token of the tenant. */
  readonly tenant: string
  readonly dataDir: string
  /** @default 127.0.0.1 */
  readonly host: string
  readonly port: number
  /** Names beside `localhost` by which clients reach the HTTPS door: its certificate is for them too. */
  readonly names?: readonly string[]
  readonly clock: ClockScale
  readonly logLevel: string
  readonly graph?: GraphConfig
}

/** How the Graph door is set up. */
export interface GraphConfig {
  /** Stand in for the hosts of Microsoft that clients have written into them. */
  readonly intercept?: boolean
  readonly applications?: readonly ConfiguredApplication[]
  /** One password for every user; without it nobody is asked for one. */
  readonly userPassword?: string
  readonly refuseRepeatedAssertions?: boolean
  /** What the documented limits are multiplied by; absent: no limits. */
  readonly throttlingScale?: number
}

/** What a client on this machine needs: written to `connection.json`, for its owner only. */
export const Connection = z.object({
  url: z.string(),
  tenantId: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  /** Path of the root certificate, PEM. */
  caFile: z.string(),
  pid: z.number(),
})
export type Connection = z.infer<typeof Connection>

export const connectionFile = (dataDir: string): string => join(dataDir, 'connection.json')

const Identity = z.object({ tenantId: z.string(), clientId: z.string(), clientSecret: z.string() })

const SERVER_CERTIFICATE_MS = 90 * 86_400_000
const VERSION = '0.1.0'

/**
 * The control service as a process: store, authority, bus, doors; until `signal` aborts. Everything it keeps lies in the
 * data directory, so that the next start goes on where this one ended.
 * @throws CodedError `store/…`, `bus/…`, `http/port-taken`, `runtime/locked`
 */
export async function runControl(
  config: ControlConfig,
  signal: AbortSignal,
  onReady: (connection: Connection) => void,
): Promise<void> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const lock = acquireLock(join(config.dataDir, 'control.lock'), 'the control service of this directory')
  try {
    await serve(config, signal, onReady)
  } finally {
    lock.release()
  }
}

async function serve(
  config: ControlConfig,
  signal: AbortSignal,
  onReady: (connection: Connection) => void,
): Promise<void> {
  const log = createLogger({ name: 'control', level: config.logLevel })
  const clock = scaledClock(config.clock)
  // A service that cannot keep anything ends, rather than fail each of its users.
  const broken = new AbortController()
  const store = openSqliteStore(join(config.dataDir, 'muster.db'), (error) => broken.abort(error))
  const authority = openAuthority(
    join(config.dataDir, 'pki'),
    `${config.tenant} root`,
    Math.min(clock.nowMs(), Date.now()),
  )
  const { natsUrl: url, broker, tenant } = config
  const connections = await connectBroker({ url, broker, tenant, authority, log })
  const identity = ownIdentity(config.dataDir)
  const control = await createControl({
    store,
    buses: connections.buses,
    ...admitting(broker, connections),
    authority,
    sessionKey: openSessionKey(privateFile(join(config.dataDir, 'pki', 'session.key'))),
    clock,
    wall: systemClock(),
    speed: config.clock.speed,
    ids: randomIds,
    tenant: config.tenant,
    log,
    // Receivers may have certificates of Muster's own authority.
    notifying: { receivers: httpReceivers([authority.rootPem]), tenantId: identity.tenantId },
  })
  let door: HttpDoor | undefined
  try {
    await resumeExports(control)
    door = await openDoor(
      config,
      { control, authority, identity, natsServerVersion: connections.serverVersion },
      onReady,
    )
    await aborted(AbortSignal.any([signal, broken.signal]))
    broken.signal.throwIfAborted()
  } finally {
    await door?.stop()
    await control.stop()
    await connections.close()
    await store.close()
  }
}

function admitting(broker: ControlBroker, { gate }: BrokerConnections): Pick<ControlDeps, 'admitting'> {
  if (!gate || broker.kind !== 'own') return {}
  return { admitting: { gate, ...(broker.tokenMs === undefined ? {} : { tokenMs: broker.tokenMs }) } }
}

/** What those who are invited are told. */
const placeOf = ({ natsUrl, broker }: ControlConfig): Pick<SimulationContext, 'broker'> =>
  broker.kind === 'own'
    ? {
        broker: {
          natsUrl: broker.urlForAgents ?? natsUrl,
          ...(broker.ca === undefined ? {} : { ca: broker.ca }),
        },
      }
    : {}

interface Opened {
  readonly control: Control
  readonly authority: CertificateAuthority
  readonly identity: z.infer<typeof Identity>
  readonly natsServerVersion: string
}

async function openDoor(
  config: ControlConfig,
  { control, authority, identity, natsServerVersion }: Opened,
  onReady: (connection: Connection) => void,
): Promise<HttpDoor> {
  const { tenantId, clientId, clientSecret } = identity
  // Clients live in real time.
  const certify = (...names: readonly string[]): ServerIdentity => {
    const validityMs = SERVER_CERTIFICATE_MS
    const issued = unwrap(authority.issueServerCertificate({ names, nowMs: Date.now(), validityMs }))
    return { cert: issued.certificateChainPem, key: issued.keyPem }
  }
  const { store, ids, wall } = control.deps
  const own = { clientId, clientSecret, displayName: 'Muster command line', roles: 'every' } as const
  const { applications = [], userPassword, refuseRepeatedAssertions = false, ...graph } = config.graph ?? {}
  await registerConfigured(store, [own, ...applications], wall.nowMs())
  const service = createIdentity({
    store,
    ids,
    tenant: config.tenant,
    tenantId,
    // Clients live in real time, and so do their tokens.
    nowMs: () => wall.nowMs(),
    keys: openSigningKeys(privateFile(join(config.dataDir, 'signing-keys.json'))),
    ...(userPassword === undefined ? {} : { userPassword }),
    refuseRepeatedAssertions,
  })
  const startedAtMs = control.deps.clock.nowMs()
  const door = await openHttpDoor({
    control,
    identity: service,
    tenantId,
    simulation: {
      control,
      tenantId,
      clockScale: config.clock,
      version: VERSION,
      natsServerVersion,
      startedAtMs,
      ...placeOf(config),
    },
    tls: certify(...(config.names ?? [])),
    ...(graph.intercept ? { identityFor: interceptedIdentity(certify) } : {}),
    ...(graph.throttlingScale === undefined ? {} : { throttlingScale: graph.throttlingScale }),
    host: config.host,
    port: config.port,
  })
  const caFile = join(config.dataDir, 'pki', 'root-ca.pem')
  const connection: Connection = { url: door.url, tenantId, clientId, clientSecret, caFile, pid: process.pid }
  privateFile(connectionFile(config.dataDir)).write(JSON.stringify(connection, null, 2))
  onReady(connection)
  return door
}

function interceptedIdentity(certify: (host: string) => ServerIdentity) {
  const isIntercepted = createIntercepted()
  return (host: string): ServerIdentity | undefined => (isIntercepted(host) ? certify(host) : undefined)
}

/** The tenant's id and the first application, made at the first start. */
function ownIdentity(dataDir: string): z.infer<typeof Identity> {
  const file = privateFile(join(dataDir, 'identity.json'))
  const known = file.read()
  if (known !== undefined) return Identity.parse(JSON.parse(known))
  const clientSecret = randomBytes(24).toString('base64url')
  const identity = { tenantId: randomUUID(), clientId: randomUUID(), clientSecret }
  file.write(JSON.stringify(identity, null, 2))
  return identity
}

/** The key for the sessions of devices, made at the first start. */
function openSessionKey(file: ReturnType<typeof privateFile>): DeviceKey {
  const known = file.read()
  if (known !== undefined) return unwrap(fromPem('PRIVATE KEY', known))[0]
  const key = generateDeviceKeySync()
  file.write(toPem('PRIVATE KEY', key).trimEnd())
  return key
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
