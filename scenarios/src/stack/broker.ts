import { hostname } from 'node:os'
import { join } from 'node:path'
import { type ControlBroker, openAuthority } from '@muster/control'
import { CodedError, DAY_MS, unwrap } from '@muster/shared/core'
import { brokerIdentityDir, childEnvironment, type NatsSupervisor, superviseNatsServer } from '@muster/shared/runtime'
import { resolveNatsServer } from '../../../shared/setup/nats-server.mjs'
import { namingDiskFull } from './disk-full.ts'
import type { StackOptions } from './stack.ts'

/** The broker as the stack sees it: its own child, or one that runs elsewhere. */
export interface StackNats
  extends Pick<NatsSupervisor, 'url' | 'pid' | 'kill' | 'revive' | 'pause' | 'resume' | 'stop'> {
  /** Of a server of ours. */
  readonly version: string | undefined
  /** Of a server of ours. */
  readonly monitorUrl?: string
  /** How services get in. */
  readonly access: ControlBroker
}

/** How a broker of ours is reached. */
export interface BrokerPlace {
  /** Address to listen at. @default 127.0.0.1 */
  readonly listen?: string
  /** Encrypt on this machine as well; beyond it that is always so. */
  readonly tls?: boolean
  /** How long an agent's token is good for. @default three days */
  readonly tokenMs?: number
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost'])
const ANYWHERE = '0.0.0.0'
const SERVER_CERTIFICATE_MS = 365 * DAY_MS
/** Servers before it have known holes that others on the network could use. */
const BEYOND_LOOPBACK_FROM = [2, 12, 12] as const

/** `$MUSTER_NATS_URL` names a server that runs already; otherwise one is started from the first binary that is found. */
export function brokerOf(options: StackOptions): () => Promise<StackNats> {
  const given = options.env['MUSTER_NATS_URL']
  if (given) {
    const nats = elsewhere(given)
    return async () => nats
  }
  const binary = findNatsServer(options.env)
  return () => startOwn(options, binary)
}

async function startOwn(
  { dataDir, tenant, clock, broker = {}, env, onEvent, onLost }: StackOptions,
  binary: { readonly path: string; readonly version: string },
): Promise<StackNats> {
  const { listen = '127.0.0.1' } = broker
  const open = !LOOPBACK.has(listen)
  if (open && isBefore(binary.version, BEYOND_LOOPBACK_FROM))
    throw new CodedError(
      'nats/too-old',
      `nats-server ${binary.version} is not let out of this machine: version ${BEYOND_LOOPBACK_FROM.join('.')} or newer is`,
    )
  const encrypted = open || broker.tls === true
  const authority = encrypted
    ? openAuthority(join(dataDir, 'control', 'pki'), `${tenant} root`, Math.min(clock.originMs, Date.now()))
    : undefined
  const names = [...new Set([hostname(), ...(listen === ANYWHERE ? [] : [listen])])]
  const natsDir = join(dataDir, 'nats')
  const server = await superviseNatsServer({
    binary,
    dataDir: natsDir,
    host: listen,
    env: childEnvironment(env),
    ...(authority
      ? {
          tls: unwrap(
            authority.issueServerCertificate({ names, nowMs: Date.now(), validityMs: SERVER_CERTIFICATE_MS }),
          ),
        }
      : {}),
    onExit: () => onEvent('broker.down', 'nats-server has ended'),
    onRestarted: (downMs) => onEvent('broker.up', `nats-server serves again after ${Math.round(downMs)} ms`),
    onError: (thrown) => {
      const error = namingDiskFull(thrown)
      onEvent('broker.lost', error instanceof Error ? error.message : String(error))
      // It is tried again, but this does not pass by itself.
      if (error instanceof CodedError && error.code !== 'nats/start-failed') onLost?.(error)
    },
  })
  const access: ControlBroker = {
    kind: 'own',
    identityDir: brokerIdentityDir(natsDir),
    ...(authority ? { ca: authority.rootPem } : {}),
    ...(listen === ANYWHERE ? { urlForAgents: `tls://${hostname()}:${new URL(server.url).port}` } : {}),
    ...(broker.tokenMs === undefined ? {} : { tokenMs: broker.tokenMs }),
  }
  return Object.assign(Object.create(server) as NatsSupervisor, { access })
}

function isBefore(version: string, floor: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  const differing = floor.findIndex((part, index) => parts[index] !== part)
  return differing >= 0 && (parts[differing] ?? 0) < (floor[differing] ?? 0)
}

/** A server that is not ours: used, and left alone. Credentials may stand in its URL. */
function elsewhere(text: string): StackNats {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'nats:' || url.hostname === '')
    throw new CodedError('nats/bad-url', 'MUSTER_NATS_URL must look like nats://user:password@host:4222')
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  return {
    url: `nats://${url.host}`,
    access: { kind: 'given', ...(user === '' ? {} : { user, password }) },
    pid: undefined,
    version: undefined,
    kill: async () => {
      throw new CodedError('nats/not-ours', 'a broker that MUSTER_NATS_URL names is not killed')
    },
    revive: () => undefined,
    pause: () => {
      throw new CodedError('nats/not-ours', 'a broker that MUSTER_NATS_URL names is not made to hang')
    },
    resume: () => undefined,
    stop: async () => undefined,
  }
}

/** @throws CodedError `nats/not-found` */
export function findNatsServer(env: NodeJS.ProcessEnv): NonNullable<ReturnType<typeof resolveNatsServer>> {
  let binary: ReturnType<typeof resolveNatsServer>
  try {
    binary = resolveNatsServer({ env })
  } catch (cause) {
    throw new CodedError('nats/not-found', (cause as Error).message, { cause })
  }
  if (!binary) throw new CodedError('nats/not-found', natsMissing)
  return binary
}

const natsMissing = `there is no nats-server on this machine. Any one of these gets it:
  npm test                                   (its set-up installs one)
  go install github.com/nats-io/nats-server/v2@v2.15.2
  apt-get install nats-server                (Debian, Ubuntu), or brew install nats-server
  MUSTER_NATS_BIN=/path/to/nats-server       (one that you have)`
