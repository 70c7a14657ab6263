import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startTcpFaultProxy, type TcpFault, type TcpFaultProxy } from './tcp-fault-proxy.ts'

const PATIENT = { timeout: 20_000, interval: 10 }
const HOUR_MS = 3_600_000

let echo: Server
let atServer: Set<Socket>
/** What the server has heard from anybody. */
let heard: string
let proxy: TcpFaultProxy
beforeEach(async () => {
  atServer = new Set()
  heard = ''
  echo = createServer((socket) => {
    atServer.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => atServer.delete(socket))
    socket.on('data', (bytes) => {
      heard += bytes
      socket.write(bytes)
    })
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  proxy = await startTcpFaultProxy({ port: (echo.address() as AddressInfo).port })
})
afterEach(async () => {
  await proxy.close()
  for (const socket of atServer) socket.destroy()
  echo.close()
})

interface Client {
  readonly socket: Socket
  got: string
  error?: string
  closed: boolean
}

async function client(): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1')
  const self: Client = { socket, got: '', closed: false }
  socket.on('data', (bytes) => {
    self.got += bytes
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    self.error = error.code ?? error.message
  })
  socket.on('close', () => {
    self.closed = true
  })
  await once(socket, 'connect').catch(() => undefined)
  return self
}

/** A connection that has carried something there and back. */
async function talking(): Promise<Client> {
  const self = await client()
  self.socket.write('hello ')
  await vi.waitFor(() => expect(self.got).toBe('hello '), PATIENT)
  return self
}

it('carries megabytes there and back unchanged, and the end as well', async () => {
  const self = await client()
  const text = Array.from({ length: 300_000 }, (_, index) => `${index} `).join('')
  self.socket.write(text)
  await vi.waitFor(() => expect(self.got.length).toBe(text.length), PATIENT)
  expect(self.got === text).toBe(true)
  self.socket.end()
  await vi.waitFor(() => expect([self.closed, atServer.size, proxy.connections]).toEqual([true, 0, 0]), PATIENT)
})

it.each<TcpFault>([{ kind: 'blackhole' }, { kind: 'delay', delayMs: HOUR_MS }])(
  '$kind: nothing arrives, and everything in order when it is over',
  async (fault) => {
    const self = await talking()
    proxy.set(fault)
    for (const word of ['a', 'b', 'c']) self.socket.write(word)
    const other = await client()
    other.socket.write('other')
    await vi.waitFor(() => expect(other.socket.bytesWritten).toBe(5), PATIENT)
    expect([heard, self.got, other.got]).toEqual(['hello ', 'hello ', ''])
    proxy.set({ kind: 'none' })
    await vi.waitFor(() => expect([self.got, other.got]).toEqual(['hello abc', 'other']), PATIENT)
  },
)

it('a short delay passes by itself', async () => {
  const self = await talking()
  proxy.set({ kind: 'delay', delayMs: 20 })
  self.socket.write('later')
  await vi.waitFor(() => expect(self.got).toBe('hello later'), PATIENT)
})

it('a rate lets a little pass at a time, and the rest when it is over', async () => {
  const self = await talking()
  proxy.set({ kind: 'rate', bytesPerSecond: 40 })
  self.socket.write('x'.repeat(50_000))
  await vi.waitFor(() => expect(self.got.length).toBeGreaterThan(6), PATIENT)
  expect(self.got.length).toBeLessThan(50_000)
  proxy.set({ kind: 'none' })
  await vi.waitFor(() => expect(self.got.length).toBe(50_006), PATIENT)
})

it('a reset ends those that stand and those that come, until it is over', async () => {
  const self = await talking()
  proxy.set({ kind: 'reset' })
  await vi.waitFor(() => expect([self.error, self.closed]).toEqual(['ECONNRESET', true]), PATIENT)
  const other = await client()
  await vi.waitFor(() => expect(other.closed).toBe(true), PATIENT)
  await vi.waitFor(() => expect([atServer.size, proxy.connections]).toEqual([0, 0]), PATIENT)
  proxy.set({ kind: 'none' })
  await talking()
})

it('half-open: the server is alone, the client does not know it, and a new connection passes', async () => {
  const self = await talking()
  proxy.set({ kind: 'half-open' })
  await vi.waitFor(() => expect(atServer.size).toBe(0), PATIENT)
  self.socket.write('is anybody there')
  const other = await talking()
  expect([self.closed, self.got, heard]).toEqual([false, 'hello ', 'hello hello '])
  expect(proxy.connections).toBe(2)
  other.socket.destroy()
  self.socket.end()
  await vi.waitFor(() => expect([self.closed, proxy.connections]).toEqual([true, 0]), PATIENT)
})

it('a stalled reader is heard and hears nothing, until the server can write no more', async () => {
  const self = await talking()
  proxy.set({ kind: 'stalled-reader' })
  self.socket.write('I speak')
  await vi.waitFor(() => expect(heard).toBe('hello I speak'), PATIENT)
  const [server] = [...atServer]
  server?.write(Buffer.alloc(32 * 1_048_576, 'y'))
  await vi.waitFor(() => expect(server?.writableLength).toBeGreaterThan(0), PATIENT)
  expect(self.got).toBe('hello ')
  proxy.set({ kind: 'none' })
  await vi.waitFor(() => expect(self.got.length).toBe('hello I speak'.length + 32 * 1_048_576), PATIENT)
})
