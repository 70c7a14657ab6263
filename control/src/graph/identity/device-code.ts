import { createHash } from 'node:crypto'
import { CodedError, MINUTE_MS } from '@muster/shared/core'
import type { Grant } from '../../domain/applications.ts'
import type { GraphAnswer } from '../graph-request.ts'
import { authenticateClient, requireClient } from './client-authentication.ts'
import { type IdentityDeps, sha256, type TokenRequest } from './identity-deps.ts'
import { html, page } from './page.ts'
import { requestedBy } from './scopes.ts'
import { admitted, type SignInPage, signInForm, toldAs } from './sign-in.ts'
import { signedInOf } from './token-grants.ts'
import { askedText, consent, requireResource, type TokenBody } from './user-tokens.ts'

const CODE_MS = 15 * MINUTE_MS
const POLL_S = 5
/** Without what is read for something else. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const USER_CODE_LENGTH = 9

/**
 * A device code, and the one that a person types (RFC 8628 §3.2).
 * @throws CodedError `token/…`
 */
export async function giveDeviceCode(deps: IdentityDeps, request: TokenRequest): Promise<TokenBody> {
  const clientId = request.form.get('client_id')
  if (clientId === null)
    throw new CodedError(
      'token/missing-parameter',
      "The request body must contain the following parameter: 'client_id'.",
    )
  const showsSecret = ['client_secret', 'client_assertion'].some((name) => request.form.has(name))
  const { application } = showsSecret ? await authenticateClient(deps, request) : await requireClient(deps, clientId)
  const asked = requestedBy(request.form)
  const scope = askedText(await requireResource(deps, asked), asked)
  const code = `1.${deps.ids.secret()}`
  const userCode = userCodeFrom(deps.ids.secret())
  await deps.store.grants.put({
    id: sha256(code),
    kind: 'deviceCode',
    clientId: application.appId,
    userCode,
    scope,
    state: 'pending',
    userId: null,
    expiresAtMs: deps.nowMs() + CODE_MS,
  })
  const address = `${request.origin}/common/oauth2/deviceauth`
  const seconds = (value: number): string | number => (request.version === 1 ? String(value) : value)
  return {
    user_code: userCode,
    device_code: code,
    [request.version === 1 ? 'verification_url' : 'verification_uri']: address,
    expires_in: seconds(CODE_MS / 1_000),
    interval: seconds(POLL_S),
    message: `To sign in, use a web browser to open the page ${address} and enter the code ${userCode} to authenticate.`,
  }
}

function userCodeFrom(secret: string): string {
  const bytes = createHash('sha256').update(secret).digest().subarray(0, USER_CODE_LENGTH)
  return [...bytes].map((byte) => LETTERS[byte % LETTERS.length]).join('')
}

type DeviceCode = Extract<Grant, { kind: 'deviceCode' }>

/** The page at which a person types the code, says who they are, and approves or declines. */
export async function deviceAuth(
  deps: IdentityDeps,
  { method, action, parameters, incoming }: SignInPage,
): Promise<GraphAnswer> {
  const typed = (parameters.get('user_code') ?? parameters.get('otc') ?? '').trim().toUpperCase()
  const grant = typed === '' ? undefined : await pendingCode(deps, typed)
  if (!grant) return codeForm(action, typed === '' ? undefined : 'That code did not work. Check it and try again.')
  const { application, principal } = await requireClient(deps, grant.clientId)
  if (method === 'POST' && parameters.get('answer') === 'decline') {
    await deps.store.grants.put({ ...grant, state: 'declined' })
    return page('Declined', html`<p>${application.displayName} was not signed in. You may close this window.</p>`)
  }
  const isSigningIn = method === 'POST' && (parameters.has('username') || parameters.has('pick'))
  const form = async (refusal?: CodedError): Promise<GraphAnswer> => {
    const fields = await signInForm(deps, action, [['user_code', typed]], refusal ? toldAs(refusal) : {})
    const decline = html`<form method="post" action="${action}"><input type="hidden" name="user_code" value="${typed}">
<button name="answer" value="decline">Decline</button></form>`
    return page(
      'Sign in on another device',
      html`<p>${application.displayName} wants to sign in.</p>${fields}${decline}`,
    )
  }
  if (!isSigningIn) return form()
  try {
    const asked = requestedBy(new URLSearchParams(), grant.scope)
    const resource = await requireResource(deps, asked)
    const known = { incoming, client: { application, principal }, resource, transferMethod: 'deviceCodeFlow' }
    const user = await admitted(deps, parameters, known)
    await consent(deps, principal, resource, asked, user.id)
    const approved = { ...grant, state: 'approved', userId: user.id, ...signedInOf(parameters) } as const
    await deps.store.grants.put(approved)
    return page(
      'Signed in',
      html`<p>${user.displayName} has signed in to ${application.displayName}. You may close this window.</p>`,
    )
  } catch (error) {
    if (error instanceof CodedError) return form(error)
    throw error
  }
}

async function pendingCode(deps: IdentityDeps, userCode: string): Promise<DeviceCode | undefined> {
  const found = await deps.store.grants.findByUserCode(userCode)
  const isPending = found?.kind === 'deviceCode' && found.state === 'pending' && deps.nowMs() < found.expiresAtMs
  return isPending ? found : undefined
}

const codeForm = (action: string, wrong: string | undefined): GraphAnswer =>
  page(
    'Enter code',
    html`${wrong === undefined ? html`` : html`<p class="wrong" role="alert">${wrong}</p>`}<form method="get" action="${action}">
<label>Code that your application or device shows <input name="user_code" autocomplete="off" autofocus></label><button>Next</button></form>`,
    wrong === undefined ? 200 : 400,
  )
