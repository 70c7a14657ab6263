import { describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../../test-support/graph.ts'

const APPS = '/deviceAppManagement/mobileApps'
const idOf = (entity: Entity): string => String(entity['id'])
const win32: Entity = {
  '@odata.type': '#microsoft.graph.win32LobApp',
  displayName: 'Editor',
  publisher: 'Contoso',
  fileName: 'editor.intunewin',
  installCommandLine: 'setup /q',
  uninstallCommandLine: 'setup /x',
}
const fileEncryptionInfo = {
  encryptionKey: 'a2V5',
  macKey: 'bWFj',
  initializationVector: 'aXY=',
  mac: 'bWFj',
  profileIdentifier: 'ProfileVersion1',
  fileDigest: 'ZGln',
  fileDigestAlgorithm: 'SHA256',
}

async function openFile(graph: GraphOffice, sizeEncrypted: number) {
  const app = await graph.post<Entity>(APPS, win32)
  const contents = `${APPS}/${idOf(app)}/microsoft.graph.win32LobApp/contentVersions`
  const version = await graph.post<Entity>(contents, {})
  const files = `${contents}/${idOf(version)}/files`
  const file = await graph.post<Entity>(files, {
    name: 'editor.intunewin',
    size: 8,
    sizeEncrypted,
    isDependency: false,
  })
  const put = async (uri: unknown, comp: string, bytes: string) => {
    const { pathname, search } = new URL(String(uri))
    const body = new TextEncoder().encode(bytes)
    return (await graph.raw('PUT', `${pathname}${search}${comp}`, undefined, body)).status
  }
  return {
    app,
    version,
    file,
    path: `${files}/${idOf(file)}`,
    put,
    read: () => graph.get<Entity>(`${files}/${idOf(file)}`),
  }
}

describe('the content of an app', () => {
  it('goes up in blocks, is committed, and publishes the app', async () => {
    await using graph = await openGraph()
    const { app, version, file, path, put, read } = await openFile(graph, 10)
    expect(app['publishingState']).toBe('notPublished')
    expect(version['id']).toBe('1')
    expect(file).toMatchObject({ uploadState: 'azureStorageUriRequestSuccess', isCommitted: false })
    expect(await put(file['azureStorageUri'], '&comp=block&blockid=MQ==', 'hello')).toBe(201)
    expect((await graph.ask('POST', `${path}/renewUpload`)).status).toBe(200)
    const renewed = await read()
    expect(renewed['uploadState']).toBe('azureStorageUriRenewalSuccess')
    expect(await put(file['azureStorageUri'], '&comp=block&blockid=Mg==', 'x')).toBe(404)
    expect(await put(renewed['azureStorageUri'], '&comp=block&blockid=Mg==', 'world')).toBe(201)
    const blocks = '<?xml version="1.0"?><BlockList><Latest>MQ==</Latest><Latest>Mg==</Latest></BlockList>'
    expect(await put(renewed['azureStorageUri'], '&comp=blocklist', blocks)).toBe(201)
    const named = { '@odata.type': '#microsoft.graph.win32LobApp', committedContentVersion: '1' }
    expect((await graph.ask('PATCH', `${APPS}/${idOf(app)}`, named)).status).toBe(400)
    expect((await graph.ask('POST', `${path}/commit`, { fileEncryptionInfo })).status).toBe(200)
    expect(await read()).toMatchObject({ uploadState: 'commitFileSuccess', isCommitted: true })
    expect((await graph.ask('PATCH', `${APPS}/${idOf(app)}`, named)).status).toBe(200)
    expect(await graph.get(`${APPS}/${idOf(app)}`)).toMatchObject({ publishingState: 'published', size: 8 })
  })

  it('is not committed when less came than was said, or nothing', async () => {
    await using graph = await openGraph()
    const { file, path, put, read } = await openFile(graph, 10)
    expect(await put(file['azureStorageUri'], '', 'short')).toBe(201)
    expect((await graph.ask('POST', `${path}/commit`, { fileEncryptionInfo })).status).toBe(200)
    expect(await read()).toMatchObject({ uploadState: 'commitFileFailed', isCommitted: false })
    expect((await graph.ask('POST', `${path}/commit`, {})).status).toBe(400)
    expect(await put(file['azureStorageUri'], '&comp=blocklist', '<Latest>eA==</Latest>')).toBe(400)
    expect(await put(file['azureStorageUri'], '&comp=page', '')).toBe(400)
  })

  it('is not needed by apps of a store', async () => {
    await using graph = await openGraph()
    const link = { '@odata.type': '#microsoft.graph.webApp', displayName: 'Wiki', publisher: 'C', appUrl: 'https://w' }
    expect(await graph.post(APPS, link)).toMatchObject({ publishingState: 'published' })
  })
})
