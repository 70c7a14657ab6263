import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { LiveEvent } from '@muster/shared/contracts'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Control } from '../control.ts'
import { watchControl } from './watch.ts'

/** A client that is so far behind is not sent further events; it gets the next stats. */
const BUFFERED_BYTES_MAX = 1_048_576
const STATS_EVERY_WALL_MS = 1_000

/** `WS /_muster/live`: what happens, as it happens, and the statistics once a second. */
export function openLiveDoor(
  server: Server,
  control: Control,
  admit: (request: IncomingMessage) => Promise<boolean>,
): { stop(): Promise<void> } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024 })
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    void admit(request).then((admitted) => {
      if (admitted) sockets.handleUpgrade(request, socket, head, () => undefined)
      else socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
    })
  }
  server.on('upgrade', onUpgrade)
  const send = (event: LiveEvent): void => {
    if (sockets.clients.size === 0) return
    const text = JSON.stringify(event)
    for (const client of sockets.clients as Set<WebSocket>) {
      if (client.readyState === client.OPEN && client.bufferedAmount < BUFFERED_BYTES_MAX) client.send(text)
    }
  }
  const watching = watchControl(
    control,
    { statsAfterMs: () => STATS_EVERY_WALL_MS, idle: () => sockets.clients.size === 0 },
    send,
  )
  return {
    stop: async () => {
      watching.stop()
      server.off('upgrade', onUpgrade)
      for (const client of sockets.clients) client.terminate()
      sockets.close()
    },
  }
}
