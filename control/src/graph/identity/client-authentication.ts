import { timingSafeEqual } from 'node:crypto'
import { CodedError, type EpochMs } from '@muster/shared/core'
import type { Application } from '../../domain/applications.ts'
import type { Client } from './access-token.ts'
import { findClient } from './application-directory.ts'
import { checkAssertion } from './client-assertion.ts'
import { type IdentityDeps, sha256, type TokenRequest } from './identity-deps.ts'

/**
 * Which application asks, and that it is the one (RFC 6749 §2.3, RFC 7523 §2.2). A program on somebody's machine keeps no
 * secret and shows none.
 * @throws CodedError `token/…`
 */
export async function authenticateClient(deps: IdentityDeps, request: TokenRequest): Promise<Client> {
  const { clientId, secret } = credentialsOf(request)
  const assertion = request.form.get('client_assertion')
  if (clientId === null)
    throw new CodedError(
      'token/missing-parameter',
      "The request body must contain the following parameter: 'client_id'.",
    )
  const { application, principal } = await requireClient(deps, clientId)
  const shows = (secret !== null && secret !== '') || assertion !== null
  if (!shows) {
    if (!application.isPublicClient)
      throw new CodedError(
        'token/no-credentials',
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
      )
    return { application, principal, proof: 'none' }
  }
  if (application.isPublicClient && application.passwords.length === 0 && application.keys.length === 0)
    throw new CodedError(
      'token/public-client',
      "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    )
  if (assertion !== null) {
    await checkAssertion(deps, application, request, assertion)
    return { application, principal, proof: 'certificate' }
  }
  checkSecret(application, secret ?? '', deps.nowMs())
  return { application, principal, proof: 'secret' }
}

/** An application that may work in the tenant. */
export async function requireClient(
  deps: IdentityDeps,
  clientId: string,
): Promise<Pick<Client, 'application' | 'principal'>> {
  const found = await findClient(deps.store, clientId)
  if (!found)
    throw new CodedError(
      'token/unknown-application',
      `Application with identifier '${clientId.slice(0, 80)}' was not found in the directory '${deps.tenant}'.`,
    )
  const { application, principal } = found
  if (!principal)
    throw new CodedError(
      'token/no-service-principal',
      `The client application ${application.appId} is missing service principal in the tenant ${deps.tenantId}.`,
    )
  if (!principal.accountEnabled)
    throw new CodedError('token/application-disabled', `Application '${application.appId}' is disabled.`)
  return { application, principal }
}

function credentialsOf({ form, authorization }: TokenRequest): { clientId: string | null; secret: string | null } {
  const basic = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1]
  if (basic === undefined) return { clientId: form.get('client_id'), secret: form.get('client_secret') }
  // RFC 6749 §2.3.1: both are form-encoded before they are joined.
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(/:(.*)/s).map(formDecoded)
  return { clientId: id, secret }
}

function formDecoded(text: string): string {
  return new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? ''
}

function checkSecret({ appId, passwords }: Application, secret: string, nowMs: EpochMs): void {
  const digest = Buffer.from(sha256(secret), 'hex')
  const found = passwords.find(({ secretSha256 }) => timingSafeEqual(digest, Buffer.from(secretSha256, 'hex')))
  if (!found)
    throw new CodedError(
      'token/bad-secret',
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${appId}'.`,
    )
  if (nowMs >= found.endAtMs || nowMs < found.startAtMs)
    throw new CodedError('token/secret-expired', `The provided client secret keys for app '${appId}' are expired.`)
}
