import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, MINUTE_MS } from '@muster/shared/core'
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import type { KeyCredential } from '../src/domain/applications.ts'
import { registerConfigured } from '../src/graph/identity/configured-applications.ts'
import type { IdentityDeps } from '../src/graph/identity/identity-deps.ts'
import { type Entity, type GraphOffice, openGraph, TENANT_ID } from './graph.ts'

export const NATIVE_ID = 'aaaaaaaa-2222-4333-8444-555555555555'
export const WEB_ID = 'bbbbbbbb-2222-4333-8444-555555555555'
export const WEB_SECRET = 'what the web application keeps'
export const REDIRECT = 'https://web.example/signed-in'
export const GRAPH = 'https://graph.microsoft.com'

/** An office whose authority knows a web application and a program that keeps no secret; its time goes as a test says. */
export interface Bureau extends AsyncDisposable {
  readonly graph: GraphOffice
  /** Ask a token endpoint. */
  token(form: Readonly<Record<string, string>>, path?: string): Promise<{ status: number; body: Entity }>
  /** Sign in at a page: the parameters that the application gets back. */
  signIn(parameters: Readonly<Record<string, string>>, name?: string): Promise<URLSearchParams>
  pass(ms: number): void
}

export async function openBureau(given: Partial<IdentityDeps> = {}): Promise<Bureau> {
  let aheadMs = 0
  const graph = await openGraph({ nowMs: () => Date.now() + aheadMs, ...given })
  const web = { clientId: WEB_ID, displayName: 'web', clientSecret: WEB_SECRET, redirectUris: [REDIRECT] }
  const native = { clientId: NATIVE_ID, displayName: 'native', redirectUris: ['http://localhost'] }
  await registerConfigured(
    graph.office.store,
    [
      { ...web, roles: ['User.Read.All'] },
      { ...native, roles: [] },
    ],
    Date.now(),
  )
  await graph.office.user('ada')
  const post = (path: string, form: Readonly<Record<string, string>>) =>
    graph.raw('POST', path, undefined, String(new URLSearchParams(form)))
  return {
    graph,
    token: (form, path = `/${TENANT_ID}/oauth2/v2.0/token`) => post(path, form),
    signIn: async (parameters, name = 'ada@contoso.example') => {
      const { status, headers } = await graph.answer({
        method: 'POST',
        url: '/common/oauth2/v2.0/authorize',
        body: String(new URLSearchParams({ response_type: 'code', ...parameters, username: name })),
      })
      if (status !== 302) throw new Error(`the page answers ${status}`)
      return new URL(headers?.['location'] ?? '').searchParams
    },
    pass: (ms) => {
      aheadMs += ms
    },
    [Symbol.asyncDispose]: () => graph[Symbol.asyncDispose](),
  }
}

/** A certificate of an application, as people make one. */
export interface ClientCertificate {
  readonly keyPem: string
  readonly certificatePem: string
  /** Base64 of the DER, as Graph takes it. */
  readonly der: string
  readonly sha1: string
  /** As the directory keeps it. */
  readonly credential: KeyCredential
  /** A client assertion: changed as told. */
  assertion(change?: { header?: Partial<JWTHeaderParameters>; claims?: JWTPayload }): Promise<string>
}

export function makeCertificate(clientId: string): ClientCertificate {
  const dir = mkdtempSync(join(tmpdir(), 'muster-client-'))
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'certificate.pem')]
  const subject = ['-subj', '/CN=client', '-days', '30']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject],
    {
      stdio: 'ignore',
    },
  )
  const [keyPem, certificatePem] = [readFileSync(key, 'utf8'), readFileSync(certificate, 'utf8')]
  rmSync(dir, { recursive: true })
  const { raw } = new X509Certificate(certificatePem)
  const digest = (algorithm: string) => createHash(algorithm).update(raw).digest()
  return {
    keyPem,
    certificatePem,
    der: raw.toString('base64'),
    sha1: digest('sha1').toString('hex'),
    credential: {
      keyId: randomUUID(),
      displayName: null,
      certificate: raw.toString('base64'),
      thumbprintSha1: digest('sha1').toString('hex'),
      thumbprintSha256: digest('sha256').toString('hex'),
      startAtMs: Date.now() - MINUTE_MS,
      endAtMs: Date.now() + 30 * DAY_MS,
    },
    assertion: ({ header = {}, claims = {} } = {}) => {
      const seconds = Math.floor(Date.now() / 1_000)
      const endpoint = `https://localhost/${TENANT_ID}/oauth2/v2.0/token`
      const own = { iss: clientId, sub: clientId, aud: endpoint, jti: randomUUID(), nbf: seconds, exp: seconds + 600 }
      return new SignJWT({ ...own, ...claims })
        .setProtectedHeader({ alg: 'RS256', x5t: digest('sha1').toString('base64url'), ...header })
        .sign(createPrivateKey(keyPem))
    },
  }
}
