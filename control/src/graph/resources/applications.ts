import { createHash, X509Certificate } from 'node:crypto'
import { CodedError, DAY_MS } from '@muster/shared/core'
import { z } from 'zod'
import type { Tables } from '../../app/ports.ts'
import type { Application, KeyCredential, PasswordCredential } from '../../domain/applications.ts'
import { badBody, parseBody } from '../body.ts'
import { contextOf, entityAnswer, memoryPage } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
} from '../graph-request.ts'
import { sha256 } from '../identity/identity-deps.ts'
import type { EntityValue } from '../model/read-entity.ts'
import { furtherOf, readWritten } from '../written.ts'
import { iso } from './managed-device.ts'

const SECRET_MS = 2 * 365 * DAY_MS

const passwordEntity = ({ keyId, displayName, hint, startAtMs, endAtMs }: PasswordCredential) => ({
  customKeyIdentifier: null,
  displayName,
  endDateTime: iso(endAtMs),
  hint,
  keyId,
  secretText: null,
  startDateTime: iso(startAtMs),
})

const keyEntity = ({ keyId, displayName, thumbprintSha1, startAtMs, endAtMs }: KeyCredential) => ({
  customKeyIdentifier: Buffer.from(thumbprintSha1, 'hex').toString('base64'),
  displayName,
  endDateTime: iso(endAtMs),
  key: null,
  keyId,
  startDateTime: iso(startAtMs),
  type: 'AsymmetricX509Cert',
  usage: 'Verify',
})

/** An application as Graph shows it: without what it keeps secret. */
export const applicationEntity = (application: Application): Readonly<Record<string, unknown>> => ({
  ...application.further,
  id: application.id,
  appId: application.appId,
  displayName: application.displayName,
  createdDateTime: iso(application.createdAtMs),
  signInAudience: application.signInAudience,
  identifierUris: application.identifierUris,
  isFallbackPublicClient: application.isPublicClient,
  publicClient: { redirectUris: application.isPublicClient ? application.redirectUris : [] },
  web: { redirectUris: application.isPublicClient ? [] : application.redirectUris },
  api: {
    oauth2PermissionScopes: application.scopes.map(({ id, value }) => ({ id, value, isEnabled: true, type: 'User' })),
  },
  passwordCredentials: application.passwords.map(passwordEntity),
  keyCredentials: application.keys.map(keyEntity),
})

const Addresses = z.object({ redirectUris: z.array(z.url().max(500)).max(50) })
const KeyShape = z.object({
  displayName: z.string().max(90).nullish(),
  key: z.string().max(20_000).nullish(),
  keyId: z.guid().nullish(),
})
const ApplicationPatch = z
  .object({
    displayName: z.string().min(1).max(256),
    signInAudience: z.enum([
      'AzureADMyOrg',
      'AzureADMultipleOrgs',
      'AzureADandPersonalMicrosoftAccount',
      'PersonalMicrosoftAccount',
    ]),
    identifierUris: z.array(z.string().min(1).max(255)).max(50),
    isFallbackPublicClient: z.boolean().nullable(),
    publicClient: Addresses,
    web: Addresses,
    api: z.object({
      oauth2PermissionScopes: z.array(z.object({ id: z.guid(), value: z.string().regex(/^[\w.-]{1,120}$/) })).max(100),
    }),
    keyCredentials: z.array(KeyShape).max(20),
  })
  .partial()
const ApplicationShape = ApplicationPatch.required({ displayName: true })
/** Secrets are the service's to make, by an action of their own, and it gives an application its name for clients. */
const acted: ReadonlySet<string> = new Set([...Object.keys(ApplicationPatch.shape), 'appId', 'passwordCredentials'])

/** What a write makes of an application. */
function withGiven(
  request: GraphRequest,
  before: Application,
  given: z.infer<typeof ApplicationPatch>,
  written: EntityValue,
): Application {
  const isPublicClient = given.isFallbackPublicClient ?? before.isPublicClient
  const addresses = [given.publicClient, given.web].flatMap((each) => each?.redirectUris ?? [])
  return {
    ...before,
    displayName: given.displayName ?? before.displayName,
    signInAudience: given.signInAudience ?? before.signInAudience,
    identifierUris: given.identifierUris ?? before.identifierUris,
    redirectUris: given.publicClient || given.web ? addresses : before.redirectUris,
    isPublicClient,
    scopes: given.api?.oauth2PermissionScopes ?? before.scopes,
    keys: given.keyCredentials?.map((key, index) => keyOf(request, before, key, index)) ?? before.keys,
    further: furtherOf(before.further, written, acted),
  }
}

/** A certificate that is given, or one that is there already and comes back without its key. */
function keyOf(
  { control }: GraphRequest,
  before: Application,
  given: z.infer<typeof KeyShape>,
  index: number,
): KeyCredential {
  const at = `keyCredentials.${index}.key`
  const known = before.keys.find(({ keyId }) => keyId === given.keyId)
  if (given.key === null || given.key === undefined) return known ?? badBody('the key is missing', at)
  const certificate = certificateIn(given.key) ?? badBody('the key must be a certificate, DER or PEM in Base64', at)
  const digest = (algorithm: string): string => createHash(algorithm).update(certificate.raw).digest('hex')
  return {
    keyId: given.keyId ?? control.deps.ids.guid(),
    displayName: given.displayName ?? certificate.subject,
    certificate: certificate.raw.toString('base64'),
    thumbprintSha1: digest('sha1'),
    thumbprintSha256: digest('sha256'),
    startAtMs: certificate.validFromDate.getTime(),
    endAtMs: certificate.validToDate.getTime(),
  }
}

function certificateIn(base64: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}

async function applicationOf(
  { applications }: Pick<Tables, 'applications'>,
  { params }: GraphRequest,
): Promise<Application> {
  const id = params['id'] ?? ''
  return (await applications.get(id.toLowerCase())) ?? notFound('Application', id)
}

const audit = (
  request: GraphRequest,
  activityType: string,
  before: Application | undefined,
  after: Application | undefined,
) =>
  auditOf(
    request,
    {
      activityType,
      operation: before === undefined ? 'Create' : after === undefined ? 'Delete' : 'Patch',
      category: 'Application',
      componentName: 'Directory',
    },
    {
      id: (after ?? before)?.id ?? '',
      type: 'Application',
      displayName: (after ?? before)?.displayName ?? '',
      modifiedProperties: modifiedProperties(before && applicationEntity(before), after && applicationEntity(after)),
    },
  )

/** Change an application in one transaction, with its audit event. */
async function change(
  request: GraphRequest,
  activityType: string,
  next: (before: Application) => Application,
): Promise<Application> {
  return request.control.deps.store.transaction(async (tables) => {
    const before = await applicationOf(tables, request)
    const after = next(before)
    await refuseTaken(tables, after)
    await tables.applications.put(after)
    await tables.audit.append([audit(request, activityType, before, after)])
    return after
  })
}

async function refuseTaken({ applications }: Tables, { id, identifierUris }: Application): Promise<void> {
  const taken = (await applications.list()).some(
    (each) => each.id !== id && each.identifierUris.some((uri) => identifierUris.includes(uri)),
  )
  if (taken)
    throw new CodedError(
      'graph/duplicate',
      'Another object with the same value for property identifierUris already exists.',
      {
        at: 'identifierUris',
      },
    )
}

async function create(request: GraphRequest): Promise<GraphAnswer> {
  const { store, ids, clock } = request.control.deps
  const written = readWritten(request, 'application', 'create')
  const given = parseBody(ApplicationShape, written)
  const empty: Application = {
    id: ids.guid(),
    appId: ids.guid(),
    displayName: given.displayName,
    createdAtMs: clock.nowMs(),
    signInAudience: 'AzureADMyOrg',
    identifierUris: [],
    redirectUris: [],
    isPublicClient: false,
    passwords: [],
    keys: [],
    scopes: [],
  }
  const application = withGiven(request, empty, given, written)
  await store.transaction(async (tables) => {
    await refuseTaken(tables, application)
    await tables.applications.put(application)
    await tables.audit.append([audit(request, 'Add application', undefined, application)])
  })
  return entityAnswer(request, 'applications', applicationEntity(application), 201)
}

async function remove(request: GraphRequest): Promise<GraphAnswer> {
  await request.control.deps.store.transaction(async (tables) => {
    const before = await applicationOf(tables, request)
    await tables.applications.delete(before.id)
    for (const { id, appId } of await tables.servicePrincipals.list())
      if (appId === before.appId) await tables.servicePrincipals.delete(id)
    await tables.audit.append([audit(request, 'Delete application', before, undefined)])
  })
  return answer(204)
}

const PasswordShape = z.object({
  passwordCredential: z
    .object({
      displayName: z.string().max(90).nullish(),
      startDateTime: z.iso.datetime({ offset: true }).nullish(),
      endDateTime: z.iso.datetime({ offset: true }).nullish(),
    })
    .nullish(),
})

/** A new secret of the service's making; it is told here and never again. */
async function addPassword(request: GraphRequest): Promise<GraphAnswer> {
  const { passwordCredential: given } = parseBody(PasswordShape, request.body ?? {})
  const { ids, wall } = request.control.deps
  const secret = ids.secret()
  // Clients live in real time, and so do their secrets.
  const startAtMs = given?.startDateTime ? Date.parse(given.startDateTime) : wall.nowMs()
  const endAtMs = given?.endDateTime ? Date.parse(given.endDateTime) : startAtMs + SECRET_MS
  if (endAtMs <= startAtMs) badBody('the end must be after the start', 'passwordCredential.endDateTime')
  const credential: PasswordCredential = {
    keyId: ids.guid(),
    displayName: given?.displayName ?? null,
    hint: secret.slice(0, 3),
    secretSha256: sha256(secret),
    startAtMs,
    endAtMs,
  }
  await change(request, 'Update application – Certificates and secrets management', (before) => ({
    ...before,
    passwords: [...before.passwords, credential],
  }))
  const body = { ...passwordEntity(credential), secretText: secret }
  return answer(200, { '@odata.context': contextOf(request, 'microsoft.graph.passwordCredential'), ...body })
}

async function removePassword(request: GraphRequest): Promise<GraphAnswer> {
  const { keyId } = parseBody(z.object({ keyId: z.guid() }), request.body)
  await change(request, 'Update application – Certificates and secrets management', (before) => {
    const passwords = before.passwords.filter((password) => password.keyId !== keyId.toLowerCase())
    if (passwords.length === before.passwords.length)
      badBody(`No password credential found with keyId ${keyId}.`, 'keyId')
    return { ...before, passwords }
  })
  return answer(204)
}

async function update(request: GraphRequest): Promise<GraphAnswer> {
  const written = readWritten(request, 'application', 'patch')
  const given = parseBody(ApplicationPatch, written)
  await change(request, 'Update application', (before) => withGiven(request, before, given, written))
  return answer(204)
}

const READ = 'Application.Read.All'
const WRITE = 'Application.ReadWrite.All'

/** https://learn.microsoft.com/graph/api/resources/application */
export const applicationRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/applications',
    role: READ,
    of: { type: 'application', many: true, isDirectory: true },
    handle: async (request) =>
      memoryPage(
        request,
        'applications',
        (await request.control.deps.store.applications.list()).map(applicationEntity),
      ),
  },
  { method: 'POST', path: '/applications', role: WRITE, handle: create },
  {
    method: 'GET',
    path: '/applications/{id}',
    role: READ,
    of: { type: 'application' },
    handle: async (request) =>
      entityAnswer(
        request,
        'applications',
        applicationEntity(await applicationOf(request.control.deps.store, request)),
      ),
  },
  { method: 'PATCH', path: '/applications/{id}', role: WRITE, handle: update },
  { method: 'DELETE', path: '/applications/{id}', role: WRITE, handle: remove },
  { method: 'POST', path: '/applications/{id}/addPassword', role: WRITE, handle: addPassword },
  { method: 'POST', path: '/applications/{id}/removePassword', role: WRITE, handle: removePassword },
]
