import { CodedError } from '@muster/shared/core'
import type { User } from '../../domain/model.ts'
import type { IdentityDeps } from './identity-deps.ts'
import { html, type Markup } from './page.ts'
import { checkPassword } from './token-grants.ts'
import { requireUser } from './user-tokens.ts'

/** Users that a sign-in form offers to be clicked; others are typed. */
const OFFERED_MAX = 30

/** The fields with which a person says who they are. Hidden fields carry on what the form is about. */
export async function signInForm(
  deps: IdentityDeps,
  action: string,
  hidden: Iterable<readonly [string, string]>,
  { hint, wrong }: { hint?: string; wrong?: string } = {},
): Promise<Markup> {
  const fields = [...hidden].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  const needsPassword = deps.userPassword !== undefined
  const password = needsPassword
    ? html`<label>Password <input type="password" name="password" autocomplete="current-password"></label>`
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
<label>User name <input name="username" value="${hint ?? ''}" autocomplete="username"></label>${password}
<button>Sign in</button><ul>${offered}</ul></form>`
}

/**
 * The user that a form comes from.
 * @throws CodedError `token/unknown-user`, `token/user-disabled`, `token/bad-password`, `token/missing-parameter`
 */
export async function signedIn(deps: IdentityDeps, form: URLSearchParams): Promise<User> {
  const name = form.get('pick') ?? form.get('username') ?? ''
  if (name === '') throw new CodedError('token/missing-parameter', 'Enter a user name.')
  const user = await requireUser(deps, { name })
  checkPassword(deps, form.get('password') ?? '')
  return user
}
