import { CodedError } from '@muster/shared/core'

/** What a token is asked for: an API by name, and scopes of it; or all that has been granted. */
export interface ScopeRequest {
  /** Absent when the request names none. */
  readonly resource: string | undefined
  readonly scopes: readonly string[]
  /** `.default`, or version 1's `resource`. */
  readonly isDefault: boolean
  readonly wantsIdToken: boolean
  readonly wantsRefreshToken: boolean
}

const OPEN_ID = new Set(['openid', 'profile', 'email', 'offline_access', 'address', 'phone'])
const GRAPH = 'https://graph.microsoft.com'

/**
 * `scope` of version 2: names of one API, with it or, for Graph, without.
 * @throws CodedError `token/bad-scope`
 */
export function parseScope(text: string): ScopeRequest {
  const parts = text.split(/\s+/).filter((part) => part !== '')
  const named = parts.filter((part) => !OPEN_ID.has(part.toLowerCase())).map(splitScope)
  const resources = new Set(named.map(({ resource }) => resource))
  const names = [...new Set(named.map(({ name }) => name))]
  if (resources.size > 1) throw badScope(text, 'it names more than one API')
  const isDefault = names.includes('.default')
  if (isDefault && names.length > 1) throw badScope(text, '.default cannot be asked for together with other scopes')
  for (const name of names)
    if (!/^[A-Za-z0-9_.-]{1,120}$/.test(name)) throw badScope(text, `'${name.slice(0, 60)}' is no scope`)
  const has = (name: string): boolean => parts.some((part) => part.toLowerCase() === name)
  return {
    resource: [...resources][0],
    scopes: isDefault ? [] : names,
    isDefault,
    wantsIdToken: has('openid'),
    wantsRefreshToken: has('offline_access'),
  }
}

function splitScope(part: string): { resource: string; name: string } {
  const slash = part.lastIndexOf('/')
  if (slash < 0) return { resource: GRAPH, name: part }
  return { resource: part.slice(0, slash).replace(/\/+$/, ''), name: part.slice(slash + 1) }
}

/** What a form of either version asks for; `fallback` is what was asked for before, when it says nothing. */
export function requestedBy(form: URLSearchParams, fallback?: string): ScopeRequest {
  const resource = form.get('resource')
  const scope = form.get('scope') ?? fallback
  if (resource !== null && resource !== '') {
    const openId = parseScope(
      (scope ?? '')
        .split(/\s+/)
        .filter((part) => OPEN_ID.has(part))
        .join(' '),
    )
    return { ...openId, resource, isDefault: true, scopes: [], wantsRefreshToken: true }
  }
  if (scope === undefined || scope === null)
    throw new CodedError('token/missing-parameter', "The request body must contain the following parameter: 'scope'.")
  return parseScope(scope)
}

const badScope = (text: string, why: string): CodedError =>
  new CodedError(
    'token/bad-scope',
    `The provided value for the input parameter 'scope' is not valid: ${why}. The scope ${text.slice(0, 300)} is not valid.`,
  )
