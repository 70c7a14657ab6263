import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What is wrong with the way to a server. Bytes of a connection that lives are held, never dropped: TCP would send them
 * again when the way is whole.
 */
export type TcpFault =
  | { readonly kind: 'none' }
  /** Each byte comes so much later, either way. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Each direction of each connection carries no more than this. */
  | { readonly kind: 'rate'; readonly bytesPerSecond: number }
  /** Nothing passes either way; connections are taken and stay silent. */
  | { readonly kind: 'blackhole' }
  /** Connections are reset, those that stand and those that come. */
  | { readonly kind: 'reset' }
  /** The server is told that those that stand are over, their clients are not. New ones pass. */
  | { readonly kind: 'half-open' }
  /** The client takes nothing in; what it sends passes. */
  | { readonly kind: 'stalled-reader' }

/** A way to a server that can be broken and mended. */
export interface TcpFaultProxy extends AsyncDisposable {
  readonly port: number
  /** Clients that are connected. */
  readonly connections: number
  /** Put this fault in the place of the one before; connections that wait for something look again. */
  set(fault: TcpFault): void
  close(): Promise<void>
}

type Direction = 'up' | 'down'

const HELD_BYTES_MAX = 65_536
const SLICES_PER_SECOND = 20

/** The fault of the moment, and word of the next one. */
interface Condition {
  fault: TcpFault
  changed: PromiseWithResolvers<void>
}

/** Listen on a free port of 127.0.0.1 and lead whoever comes to `port` there. */
export async function startTcpFaultProxy(target: { readonly port: number }): Promise<TcpFaultProxy> {
  const condition: Condition = { fault: { kind: 'none' }, changed: Promise.withResolvers() }
  const links = new Map<Socket, () => void>()
  const server = createServer((client) => {
    client.on('error', () => undefined)
    if (condition.fault.kind === 'reset') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(target.port, '127.0.0.1')
    upstream.on('error', () => client.resetAndDestroy())
    client.once('close', () => {
      links.delete(client)
      upstream.destroy()
    })
    const leave = [carry(client, upstream, 'up', condition), carry(upstream, client, 'down', condition)]
    // The server hears the end; the client does not, and what it says goes nowhere.
    links.set(client, () => {
      for (const each of leave) each()
      upstream.destroy()
      client.resume()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    for (const client of links.keys()) client.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return links.size
    },
    set: (fault) => {
      condition.fault = fault
      condition.changed.resolve()
      condition.changed = Promise.withResolvers()
      if (fault.kind === 'reset') for (const client of links.keys()) client.resetAndDestroy()
      if (fault.kind === 'half-open') for (const abandon of links.values()) abandon()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Take bytes from the one socket to the other, as the fault of the moment lets them. Answers how to leave off. */
function carry(from: Socket, to: Socket, direction: Direction, condition: Condition): () => void {
  const held: { readonly bytes: Buffer; readonly readMs: number }[] = []
  let heldBytes = 0
  let over = false
  let carrying = false

  const carryOn = async (): Promise<void> => {
    if (carrying) return
    carrying = true
    for (let next = held[0]; next && !to.destroyed; next = held[0]) {
      await due(next.readMs, direction, condition)
      const sent = next.bytes.subarray(0, sliceBytes(condition.fault))
      if (sent.length < next.bytes.length) held[0] = { ...next, bytes: next.bytes.subarray(sent.length) }
      else held.shift()
      heldBytes -= sent.length
      if (!to.write(sent)) await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined)
      if (condition.fault.kind === 'rate') await unlessChanged(1_000 / SLICES_PER_SECOND, condition)
      if (heldBytes < HELD_BYTES_MAX) from.resume()
    }
    // The end is news too: it does not pass where nothing does.
    if (over) await due(0, direction, condition)
    if (over) to.end()
    carrying = false
    if (held.length > 0 && !to.destroyed) void carryOn()
  }

  const take = (bytes: Buffer): void => {
    held.push({ bytes, readMs: performance.now() })
    heldBytes += bytes.length
    if (heldBytes >= HELD_BYTES_MAX) from.pause()
    void carryOn()
  }
  const end = (): void => {
    over = true
    void carryOn()
  }
  from.on('data', take)
  from.on('end', end)
  from.on('close', end)
  return () => {
    from.off('data', take)
    from.off('end', end)
    from.off('close', end)
    held.length = 0
  }
}

/** Wait until what was read at this time may go on. */
async function due(readMs: number, direction: Direction, condition: Condition): Promise<void> {
  for (;;) {
    const { fault, changed } = condition
    const shut = fault.kind === 'blackhole' || (fault.kind === 'stalled-reader' && direction === 'down')
    if (shut) {
      await changed.promise
      continue
    }
    const leftMs = fault.kind === 'delay' ? readMs + fault.delayMs - performance.now() : 0
    if (leftMs <= 0) return
    await unlessChanged(leftMs, condition)
  }
}

/** How much may go in one piece. */
const sliceBytes = (fault: TcpFault): number =>
  fault.kind === 'rate' ? Math.max(1, Math.round(fault.bytesPerSecond / SLICES_PER_SECOND)) : HELD_BYTES_MAX

/** Wait so long, or until there is another fault. */
async function unlessChanged(waitMs: number, { changed }: Condition): Promise<void> {
  const waited = Promise.withResolvers<void>()
  const timer = setTimeout(waited.resolve, waitMs)
  await Promise.race([waited.promise, changed.promise])
  clearTimeout(timer)
}
