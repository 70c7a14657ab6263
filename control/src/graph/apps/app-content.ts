import { CodedError, HOUR_MS } from '@muster/shared/core'
import { z } from 'zod'
import type { GraphObject, GraphObjects, Tables } from '../../app/ports.ts'
import type { Control } from '../../control.ts'
import { badBody, parseBody } from '../body.ts'
import { answer, type GraphAnswer } from '../graph-request.ts'
import { iso } from '../resources/managed-device.ts'
import type { StoredBehaviour } from '../stored/behaviour.ts'
import type { ObjectPlace } from '../stored/navigation.ts'
import type { StoredRequest } from '../stored/stored-objects.ts'

/*
 * The content of apps goes up in steps: a version, a file in it, blocks to the address that the file is given, `commit`, and
 * the app names the version. The service keeps how many bytes came, not the bytes: no device of the fleet installs them.
 */

export const UPLOADS = '/_blobs/uploads/'

/** How long an upload address is good for. */
const ADDRESS_LIFETIME_MS = 24 * HOUR_MS
const UPLOADS_COLLECTION = 'blobs/uploads'
const BLOCKS_MAX = 50_000

/** An address that blocks are put to, and what has come. */
interface Upload {
  readonly [property: string]: unknown
  readonly id: string
  readonly signature: string
  readonly expiresAtMs: number
  /** Bytes by block id. */
  readonly blocks: Readonly<Record<string, number>>
  /** Bytes of the blocks that the list named; absent before. */
  readonly bytes?: number
}

const uploadOf = async (objects: Pick<GraphObjects, 'get'>, id: string): Promise<Upload | undefined> =>
  (await objects.get(UPLOADS_COLLECTION, id)) as Upload | undefined

async function openUpload(request: StoredRequest, { objects }: Tables, id: string): Promise<GraphObject> {
  const { clock, ids } = request.control.deps
  const known = await uploadOf(objects, id)
  const upload: Upload = {
    id,
    blocks: known?.blocks ?? {},
    signature: ids.secret(),
    expiresAtMs: clock.nowMs() + ADDRESS_LIFETIME_MS,
  }
  await objects.put(UPLOADS_COLLECTION, [upload])
  return {
    id,
    azureStorageUri: `${new URL(request.root).origin}${UPLOADS}${id}?sig=${upload.signature}`,
    azureStorageUriExpirationDateTime: iso(upload.expiresAtMs),
  }
}

/** Contents of an app are numbered. */
const contentVersions: StoredBehaviour = {
  collection: 'deviceAppManagement/mobileApps/{}/contentVersions',
  creating: async (_, { objects }, object, collection) => {
    const numbers = (await objects.list(collection)).map(({ id }) => Number(id))
    return { ...object, id: String(Math.max(0, ...numbers) + 1) }
  },
}

const Encryption = z.object({
  fileEncryptionInfo: z.object({
    encryptionKey: z.string().min(1).max(200),
    macKey: z.string().min(1).max(200),
    initializationVector: z.string().min(1).max(200),
    mac: z.string().min(1).max(200),
    profileIdentifier: z.string().min(1).max(100),
    fileDigest: z.string().min(1).max(200),
    fileDigestAlgorithm: z.literal('SHA256'),
  }),
})

/** `commit`: what came must be as long as the file said that it would be. */
async function commit(
  request: StoredRequest,
  { objects }: Tables,
  file: GraphObject,
  place: ObjectPlace,
): Promise<GraphAnswer> {
  parseBody(Encryption, request.body)
  const upload = await uploadOf(objects, file.id)
  const isWhole = upload?.bytes !== undefined && upload.bytes === file['sizeEncrypted']
  const state = isWhole ? { isCommitted: true, uploadState: 'commitFileSuccess' } : { uploadState: 'commitFileFailed' }
  await objects.put(place.collection, [{ ...file, ...state }])
  if (isWhole) await objects.delete(UPLOADS_COLLECTION, file.id)
  return answer(200)
}

const files: StoredBehaviour = {
  collection: 'deviceAppManagement/mobileApps/{}/contentVersions/{}/files',
  creating: async (request, tables, object) => ({
    ...object,
    ...(await openUpload(request, tables, object.id)),
    isCommitted: false,
    uploadState: 'azureStorageUriRequestSuccess',
  }),
  actions: {
    renewupload: async (request, tables, file, { collection }) => {
      const renewed = { ...(await openUpload(request, tables, file.id)), uploadState: 'azureStorageUriRenewalSuccess' }
      await tables.objects.put(collection, [{ ...file, ...renewed }])
      return answer(200)
    },
    commit,
  },
}

/** An app is published when it needs no content, or when it names a version whose files are all committed. */
const mobileApps: StoredBehaviour = {
  collection: 'deviceAppManagement/mobileApps',
  creating: async ({ model }, _, app) => {
    const needsContent = model.type(String(app['@odata.type'] ?? ''))?.property('committedContentVersion') !== undefined
    return { ...app, publishingState: needsContent ? 'notPublished' : 'published' }
  },
  changing: async (_, { objects }, { before, after, place }) => {
    const version = after['committedContentVersion']
    if (typeof version !== 'string' || version === before['committedContentVersion'])
      return { ...after, publishingState: before['publishingState'] }
    const committed = await objects.list(`${place.collection}/${place.id}/contentVersions/${version}/files`)
    if (committed.length === 0 || committed.some((file) => file['isCommitted'] !== true))
      badBody(`content version ${version} has no committed file, or one that is not`, 'committedContentVersion')
    const size = committed.reduce((sum, file) => sum + Number(file['size'] ?? 0), 0)
    return { ...after, size, publishingState: 'published' }
  },
}

export const appBehaviours: readonly StoredBehaviour[] = [mobileApps, contentVersions, files]

/**
 * A request to an upload address, as clients of block blobs make them: `comp=block&blockid=…` puts a block, `comp=blocklist`
 * says which blocks make the blob. The address is all that one needs.
 * @throws CodedError `graph/not-found` for an address that is none or has expired, `graph/bad-body`
 */
export async function putUpload(
  { deps: { store, clock } }: Control,
  url: string,
  body: Uint8Array,
): Promise<GraphAnswer> {
  const { pathname, searchParams } = new URL(url, 'https://localhost')
  const id = decodeURIComponent(pathname.slice(UPLOADS.length))
  return store.transaction(async ({ objects }) => {
    const upload = await uploadOf(objects, id)
    if (!upload || upload.signature !== searchParams.get('sig') || upload.expiresAtMs < clock.nowMs())
      throw new CodedError('graph/not-found', 'there is no such upload, or its address has expired')
    await objects.put(UPLOADS_COLLECTION, [received(upload, searchParams, body)])
    return answer(201)
  })
}

function received(upload: Upload, asked: URLSearchParams, body: Uint8Array): Upload {
  const blockId = asked.get('blockid')
  switch (asked.get('comp')) {
    case 'block': {
      if (!blockId || blockId.length > 100) return badBody('a blockid was expected', 'blockid')
      if (Object.keys(upload.blocks).length >= BLOCKS_MAX) badBody(`at most ${BLOCKS_MAX} blocks`, 'blockid')
      return { ...upload, blocks: { ...upload.blocks, [blockId]: body.byteLength } }
    }
    case 'blocklist': {
      const named = [...new TextDecoder().decode(body).matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)]
      const sizes = named.map(([, name = '']) => (Object.hasOwn(upload.blocks, name) ? upload.blocks[name] : undefined))
      if (sizes.length === 0 || sizes.includes(undefined)) badBody('the list names a block that did not come', 'body')
      return { ...upload, bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) }
    }
    case null:
      return { ...upload, bytes: body.byteLength }
    default:
      return badBody('comp is block or blocklist', 'comp')
  }
}
