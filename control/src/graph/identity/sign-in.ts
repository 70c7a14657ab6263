import { CodedError } from '@muster/shared/core'
import type { User } from '../../domain/model.ts'
import { aadstsOf } from './aadsts.ts'
import type { IdentityDeps } from './identity-deps.ts'
import { html, type Markup } from './page.ts'
import { requireAccess } from './require-access.ts'
import { type Attempt, attempting } from './sign-in-attempt.ts'
import { checkPassword, signedInOf } from './token-grants.ts'
import { requireUser } from './user-tokens.ts'

/** A request to a page at which people say who they are. */
export interface SignInPage {
  readonly method: string
  readonly action: string
  readonly parameters: URLSearchParams
  readonly incoming: Attempt['incoming']
}

/** Users that a sign-in form offers to be clicked; others are typed. */
const OFFERED_MAX = 30

/** The fields with which a person says who they are. Hidden fields carry on what the form is about. */
export async function signInForm(
  deps: IdentityDeps,
  action: string,
  hidden: Iterable<readonly [string, string]>,
  { hint, wrong, asksFactor = false }: { hint?: string; wrong?: string; asksFactor?: boolean } = {},
): Promise<Markup> {
  const fields = [...hidden].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  const needsPassword = deps.userPassword !== undefined
  const password = needsPassword
    ? html`<label>Password <input type="password" name="password" autocomplete="current-password"></label>`
    : html``
  // There is no telephone here to ask: people say so themselves.
  const factor = asksFactor
    ? html`<label><input type="checkbox" name="mfa" value="approved"> I have approved this sign-in on my telephone</label>`
    : html``
  const users = needsPassword ? [] : (await deps.store.users.list()).filter(({ accountEnabled }) => accountEnabled)
  const offered = users
    .slice(0, OFFERED_MAX)
    .map(
      ({ userPrincipalName, displayName }) =>
        html`<li><button name="pick" value="${userPrincipalName}">${displayName}: ${userPrincipalName}</button></li>`,
    )
  return html`${wrong === undefined ? html`` : html`<p class="wrong" role="alert">${wrong}</p>`}
<form method="post" action="${action}">${fields}
<label>User name <input name="username" value="${hint ?? ''}" autocomplete="username"></label>${password}${factor}
<button>Sign in</button><ul>${offered}</ul></form>`
}

/**
 * The user that a form comes from, and that they get in.
 * @throws CodedError as `signedIn` does, and `token/access-blocked` and its kin
 */
export function admitted(
  deps: IdentityDeps,
  form: URLSearchParams,
  { incoming, client, resource, transferMethod }: Pick<Attempt, 'incoming' | 'client' | 'resource' | 'transferMethod'>,
): Promise<User> {
  const given = { ...(client ? { client } : {}), ...(resource ? { resource } : {}) }
  const begun: Attempt = {
    kind: 'interactiveUser',
    form,
    incoming,
    ...given,
    ...(transferMethod === undefined ? {} : { transferMethod }),
    signedIn: signedInOf(form),
  }
  return attempting(deps, begun, async (attempt) => {
    attempt.user = await signedIn(deps, form)
    await requireAccess(deps, attempt)
    return attempt.user
  })
}

/** A refusal as a page tells it, and whether the form can help. */
export const toldAs = ({ code, message }: CodedError): { wrong: string; asksFactor: boolean } => ({
  wrong: `${message} (AADSTS${aadstsOf(code) ?? ''})`,
  asksFactor: code === 'token/second-factor-required',
})

/**
 * The user that a form comes from.
 * @throws CodedError `token/unknown-user`, `token/user-disabled`, `token/bad-password`, `token/missing-parameter`
 */
async function signedIn(deps: IdentityDeps, form: URLSearchParams): Promise<User> {
  const name = form.get('pick') ?? form.get('username') ?? ''
  if (name === '') throw new CodedError('token/missing-parameter', 'Enter a user name.')
  const user = await requireUser(deps, { name })
  checkPassword(deps, form.get('password') ?? '')
  return user
}
