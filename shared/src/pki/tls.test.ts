import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DAY_MS } from '../core/clock.ts'
import { unwrap } from '../core/result.ts'
import { loadAuthority } from './authority.ts'
import { createAuthority } from './authority-creation.ts'
import { createCsr } from './csr.ts'
import { generateDeviceKeySync } from './device-key.ts'
import { toPem } from './pem.ts'

const nowMs = Date.now()
const authority = unwrap(loadAuthority(unwrap(createAuthority({ name: 'Contoso', nowMs }))))
const other = unwrap(loadAuthority(unwrap(createAuthority({ name: 'Contoso', nowMs }))))
const { keyPem, certificateChainPem } = unwrap(
  authority.issueServerCertificate({ names: ['muster.test'], nowMs, validityMs: DAY_MS }),
)

/** Tells each client who it has shown itself to be, and closes. */
const server = createServer(
  { key: keyPem, cert: certificateChainPem, ca: authority.rootPem, requestCert: true, rejectUnauthorized: false },
  () => undefined,
)
server.on('secureConnection', (socket) => {
  socket.on('error', () => undefined)
  socket.end(socket.authorized ? `authorized ${socket.getPeerCertificate().subject.CN}` : 'anonymous')
})

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(async () => {
  await once(server.close(), 'close')
})

/** What the server says to a client that trusts `ca` and expects to reach `servername`; rejects with the TLS error. */
const greeting = (ca: string, servername: string, identity: { key?: string; cert?: string } = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    const { port } = server.address() as AddressInfo
    const socket = connect({ host: '127.0.0.1', port, ca, servername, ...identity })
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('end', () => resolve(text))
  })

test.each(['localhost', 'muster.test'])('a client with our root reaches %s', async (name) => {
  expect(await greeting(authority.rootPem, name)).toBe('anonymous')
})

test('a client that goes by the address is content, too', async () => {
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, ca: authority.rootPem })
  await once(socket, 'secureConnect')
  expect(socket.authorized).toBe(true)
  socket.destroy()
})

test('another name is refused', async () => {
  await expect(greeting(authority.rootPem, 'other.test')).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
})

test('a client that trusts another root of the same name refuses', async () => {
  await expect(greeting(other.rootPem, 'localhost')).rejects.toMatchObject({
    code: expect.stringMatching(/CERT|ISSUER|SIGN/),
  })
})

test('a device is known by its certificate', async () => {
  const key = generateDeviceKeySync()
  const csr = createCsr({ key, subject: [] })
  const identity = (issuer: typeof authority) => {
    const request = { deviceId: 'd-1', tenant: 'contoso', nowMs, validityMs: DAY_MS }
    const { der } = unwrap(issuer.issueDeviceCertificate(csr, request))
    return { key: toPem('PRIVATE KEY', key), cert: toPem('CERTIFICATE', der) + issuer.chainPem }
  }
  expect(await greeting(authority.rootPem, 'localhost', identity(authority))).toBe('authorized d-1')
  expect(await greeting(authority.rootPem, 'localhost', identity(other))).toBe('anonymous')
})
