import { CodedError, MINUTE_MS } from '@muster/shared/core'
import type { GraphAnswer } from '../graph-request.ts'
import { aadstsOf, oauthErrorOf } from './aadsts.ts'
import { requireClient } from './client-authentication.ts'
import { type IdentityDeps, sha256 } from './identity-deps.ts'
import { html, page } from './page.ts'
import { requestedBy } from './scopes.ts'
import { admitted, type SignInPage, signInForm, toldAs } from './sign-in.ts'
import { signedInOf } from './token-grants.ts'
import { askedText, consent, requireResource } from './user-tokens.ts'

const CODE_MS = 10 * MINUTE_MS

/** What an application wants, and where the answer goes. */
interface Authorization {
  readonly clientId: string
  readonly redirectUri: string
  readonly responseMode: 'query' | 'fragment' | 'form_post'
  readonly state: string | null
}

/** What only the page asks for; the rest of the form is the application's request. */
const OWN_FIELDS = new Set(['username', 'password', 'pick', 'mfa'])

/**
 * The authorization endpoint (RFC 6749 §4.1.1): a form to say who one is, and then back to the application with a code. A
 * request whose application or redirect address is not known is answered here and nowhere else.
 */
export async function authorize(
  deps: IdentityDeps,
  { method, action, parameters, incoming }: SignInPage,
): Promise<GraphAnswer> {
  let authorization: Authorization
  try {
    authorization = await authorizationOf(deps, parameters)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return page('Sign in', html`<p role="alert">AADSTS${String(aadstsOf(error.code) ?? '')}: ${error.message}</p>`, 400)
  }
  const hidden = [...parameters].filter(([name]) => !OWN_FIELDS.has(name))
  const form = async (refusal?: CodedError) => {
    const hint = parameters.get('username') ?? parameters.get('login_hint')
    const notes = { ...(hint === null ? {} : { hint }), ...(refusal ? toldAs(refusal) : {}) }
    return page('Sign in', await signInForm(deps, action, hidden, notes))
  }
  try {
    const scope = await checkedScope(deps, parameters)
    if (method !== 'POST') {
      if (parameters.get('prompt') === 'none')
        throw new CodedError(
          'token/interaction-required',
          'A silent sign-in request was sent but no user is signed in.',
        )
      return await form()
    }
    const asked = requestedBy(new URLSearchParams(), scope)
    const known = {
      incoming,
      client: await requireClient(deps, authorization.clientId),
      resource: await requireResource(deps, asked),
    }
    const user = await admitted(deps, parameters, known).catch(async (error: unknown) => {
      if (error instanceof CodedError) return error
      throw error
    })
    if (user instanceof CodedError) return await form(user)
    return back(authorization, { code: await giveCode(deps, authorization, parameters, user.id, scope) })
  } catch (error) {
    if (!(error instanceof CodedError) || aadstsOf(error.code) === undefined) throw error
    const description = `AADSTS${aadstsOf(error.code)}: ${error.message}`
    return back(authorization, { error: oauthErrorOf(error.code), error_description: description })
  }
}

async function authorizationOf(deps: IdentityDeps, parameters: URLSearchParams): Promise<Authorization> {
  const clientId = parameters.get('client_id')
  if (clientId === null)
    throw new CodedError('token/missing-parameter', "The request must contain the following parameter: 'client_id'.")
  const { application } = await requireClient(deps, clientId)
  const redirectUri = parameters.get('redirect_uri') ?? ''
  if (!application.redirectUris.some((registered) => isSameAddress(registered, redirectUri)))
    throw new CodedError(
      'token/bad-redirect',
      `The redirect URI '${redirectUri.slice(0, 200)}' specified in the request does not match the redirect URIs configured for the application '${application.appId}'.`,
    )
  const mode = parameters.get('response_mode') ?? 'query'
  const responseMode = mode === 'fragment' || mode === 'form_post' ? mode : 'query'
  return { clientId: application.appId, redirectUri, responseMode, state: parameters.get('state') }
}

/** RFC 8252 §7.3: a program on this machine listens at a port that it learns when it starts. */
function isSameAddress(registered: string, asked: string): boolean {
  if (registered === asked) return true
  if (!URL.canParse(registered) || !URL.canParse(asked)) return false
  const [one, other] = [new URL(registered), new URL(asked)]
  const isLocal = one.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(one.hostname)
  return (
    isLocal && one.protocol === other.protocol && one.hostname === other.hostname && one.pathname === other.pathname
  )
}

/** @throws CodedError `token/bad-request`, `token/bad-scope`, `token/unknown-resource` */
async function checkedScope(deps: IdentityDeps, parameters: URLSearchParams): Promise<string> {
  if (parameters.get('response_type') !== 'code')
    throw new CodedError('token/bad-request', "The 'response_type' must be 'code'.")
  const method = parameters.get('code_challenge_method') ?? 'plain'
  if (method !== 'plain' && method !== 'S256')
    throw new CodedError('token/bad-request', "The 'code_challenge_method' must be 'S256' or 'plain'.")
  const asked = requestedBy(parameters)
  return askedText(await requireResource(deps, asked), asked)
}

async function giveCode(
  deps: IdentityDeps,
  { clientId, redirectUri }: Authorization,
  parameters: URLSearchParams,
  userId: string,
  scope: string,
): Promise<string> {
  const { principal } = await requireClient(deps, clientId)
  const asked = requestedBy(new URLSearchParams(), scope)
  await consent(deps, principal, await requireResource(deps, asked), asked, userId)
  const code = `1.${deps.ids.secret()}`
  await deps.store.grants.put({
    id: sha256(code),
    kind: 'authorizationCode',
    clientId,
    userId,
    scope,
    redirectUri,
    challenge: parameters.get('code_challenge'),
    challengeMethod: parameters.get('code_challenge_method') === 'S256' ? 'S256' : 'plain',
    nonce: parameters.get('nonce'),
    isUsed: false,
    ...signedInOf(parameters),
    expiresAtMs: deps.nowMs() + CODE_MS,
  })
  return code
}

/** Back to the application, in the way it has chosen. */
function back(
  { redirectUri, responseMode, state }: Authorization,
  values: Readonly<Record<string, string>>,
): GraphAnswer {
  const answer = new URLSearchParams({ ...values, ...(state === null ? {} : { state }) })
  if (responseMode === 'form_post') {
    const fields = [...answer].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
    return page('Sign in', html`<form method="post" action="${redirectUri}">${fields}<button>Continue</button></form>`)
  }
  const separator = responseMode === 'fragment' ? '#' : redirectUri.includes('?') ? '&' : '?'
  return { status: 302, headers: { location: `${redirectUri}${separator}${answer}`, 'cache-control': 'no-store' } }
}
