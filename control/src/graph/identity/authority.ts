import { CodedError, DAY_MS } from '@muster/shared/core'
import type { IncomingRequest } from '../dispatch.ts'
import type { GraphAnswer } from '../graph-request.ts'
import { tokenRefusal } from './aadsts.ts'
import { type Caller, callerOf } from './access-token.ts'
import { authorize } from './authorize.ts'
import { deviceAuth, giveDeviceCode } from './device-code.ts'
import { instanceDiscovery, openIdConfiguration, userRealm } from './discovery.ts'
import type { IdentityDeps, TokenRequest } from './identity-deps.ts'
import { html, page } from './page.ts'
import { isOwnTenant } from './tenant-names.ts'
import { issueTokens } from './token-grants.ts'
import type { TokenBody } from './user-tokens.ts'

/** Who may come in: the tenant's own OpenID Connect authority, and the check of what it has given out. */
export interface Identity {
  /** What an address of the authority answers; undefined for every other address. */
  answer(request: IncomingRequest): Promise<GraphAnswer | undefined>
  /** @throws CodedError `token/invalid` */
  verify(authorization: string | undefined): Promise<Caller>
}

type Endpoint = (deps: IdentityDeps, visit: Visit) => Promise<GraphAnswer>

/** A request to the authority, taken apart. */
interface Visit {
  readonly incoming: IncomingRequest
  readonly path: string
  readonly tenant: string
  /** Of the address, and over it what the body of a form says. */
  readonly parameters: URLSearchParams
  readonly version: 1 | 2
}

/** Paths of the authority, without regard to case; the first group, if there is one, is the tenant. */
const endpoints: readonly (readonly [method: RegExp, path: RegExp, Endpoint])[] = [
  [/^GET$/, /^\/([^/]+)\/v2\.0\/\.well-known\/openid-configuration$/i, configuration],
  [/^GET$/, /^\/([^/]+)\/\.well-known\/openid-configuration$/i, configuration],
  [/^GET$/, /^\/(common)\/discovery\/instance$/i, discovery],
  [/^GET$/, /^\/([^/]+)\/discovery\/(?:v2\.0\/)?keys$/i, keys],
  [/^(GET|POST)$/, /^\/([^/]+)\/oauth2\/(?:v2\.0\/)?token$/i, token],
  [/^(GET|POST)$/, /^\/([^/]+)\/oauth2\/(?:v2\.0\/)?authorize$/i, authorization],
  [/^(GET|POST)$/, /^\/([^/]+)\/oauth2\/(?:v2\.0\/)?devicecode$/i, deviceCode],
  [/^(GET|POST)$/, /^\/([^/]+)\/oauth2\/(?:v2\.0\/)?logout$/i, logout],
  [/^(GET|POST)$/, /^\/([^/]+)\/oauth2\/deviceauth$/i, device],
  [/^GET$/, /^\/([^/]+)\/userrealm\/[^/]+$/i, realm],
  [/^(GET|POST)$/, /^\/oidc\/userinfo$/i, userInfo],
]

export function createIdentity(deps: IdentityDeps): Identity {
  return {
    answer: async (incoming) => {
      const [path = '', query = ''] = incoming.url.split(/\?(.*)/s)
      for (const [method, pattern, endpoint] of endpoints) {
        const match = pattern.exec(path)
        if (!match || !method.test(incoming.method)) continue
        const parameters = parametersOf(query, incoming.body)
        const version = /\/v2\.0\//i.test(path) ? 2 : 1
        return guarded(deps, { incoming, path, tenant: match[1] ?? 'common', parameters, version }, endpoint)
      }
      return undefined
    },
    verify: (authorization) => callerOf(deps, authorization),
  }
}

function parametersOf(query: string, body: unknown): URLSearchParams {
  const parameters = new URLSearchParams(query)
  if (typeof body === 'string') for (const [name, value] of new URLSearchParams(body)) parameters.set(name, value)
  return parameters
}

async function guarded(deps: IdentityDeps, visit: Visit, endpoint: Endpoint): Promise<GraphAnswer> {
  const { origin, correlationId } = visit.incoming
  try {
    if (!isOwnTenant(deps, visit.tenant))
      throw new CodedError(
        'token/unknown-tenant',
        `Tenant '${visit.tenant.slice(0, 80)}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
      )
    return await endpoint(deps, visit)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return tokenRefusal(error, { nowMs: deps.nowMs(), correlationId, traceId: deps.ids.guid(), origin })
  }
}

const json = (body: object): GraphAnswer => ({ status: 200, body, headers: { 'cache-control': 'no-store' } })

const tokenRequestOf = ({ incoming, parameters, version }: Visit): TokenRequest => ({
  form: parameters,
  version,
  origin: incoming.origin,
  authorization: incoming.authorization,
  incoming,
})

async function configuration(deps: IdentityDeps, { incoming, tenant, version }: Visit): Promise<GraphAnswer> {
  return json(openIdConfiguration(deps, { origin: incoming.origin, tenant, version }))
}

async function discovery(deps: IdentityDeps, { incoming, parameters }: Visit): Promise<GraphAnswer> {
  return json(instanceDiscovery(deps, incoming.origin, parameters.get('authorization_endpoint')))
}

async function keys(deps: IdentityDeps): Promise<GraphAnswer> {
  return json({ keys: deps.keys.jwks(deps.nowMs()) })
}

/** Old grants are swept out now and then, by who asks for new ones. */
async function token(deps: IdentityDeps, visit: Visit): Promise<GraphAnswer> {
  const body: TokenBody = await issueTokens(deps, tokenRequestOf(visit))
  if ('refresh_token' in body) await deps.store.grants.removeExpired(deps.nowMs() - DAY_MS)
  return json(body)
}

async function deviceCode(deps: IdentityDeps, visit: Visit): Promise<GraphAnswer> {
  return json(await giveDeviceCode(deps, tokenRequestOf(visit)))
}

const formOf = ({ incoming, path, parameters }: Visit) => ({
  method: incoming.method,
  action: path,
  parameters,
  incoming,
})

function authorization(deps: IdentityDeps, visit: Visit): Promise<GraphAnswer> {
  return authorize(deps, formOf(visit))
}

function device(deps: IdentityDeps, visit: Visit): Promise<GraphAnswer> {
  return deviceAuth(deps, formOf(visit))
}

/** Nobody stays signed in here, so there is nothing to end. Where to go then is a link: it may lead anywhere. */
async function logout(_: IdentityDeps, { parameters }: Visit): Promise<GraphAnswer> {
  const next = parameters.get('post_logout_redirect_uri')
  const isWeb = next !== null && URL.canParse(next) && /^https?:$/.test(new URL(next).protocol)
  return page(
    'Signed out',
    isWeb ? html`<p><a href="${next}">Continue to ${next}</a></p>` : html`<p>You are signed out.</p>`,
  )
}

async function realm(_: IdentityDeps, { path }: Visit): Promise<GraphAnswer> {
  try {
    return json(userRealm(decodeURIComponent(path.split('/').at(-1) ?? '')))
  } catch {
    throw new CodedError('token/bad-request', 'The user name is not encoded correctly.')
  }
}

/** OpenID Connect Core §5.3. */
async function userInfo(deps: IdentityDeps, { incoming }: Visit): Promise<GraphAnswer> {
  const { actor } = await callerOf(deps, incoming.authorization)
  const user = actor.type === 'user' ? await deps.store.users.get(actor.id) : undefined
  if (!user) throw new CodedError('token/invalid', 'Access token validation failure. It is not for a user.')
  const { userPrincipalName, displayName, mail } = user
  return json({
    sub: user.id,
    name: displayName,
    preferred_username: userPrincipalName,
    ...(mail === undefined ? {} : { email: mail }),
  })
}
