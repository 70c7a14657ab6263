import type { LiveEvent } from '@muster/shared/contracts'
import { WebSocket } from 'ws'

const RETRY_MS = 500

/** Listen at a service's live door; after a loss of the connection again and again. */
export function listenLive(
  door: { readonly url: string; readonly ca: string; authorization(): Promise<string> },
  listener: (event: LiveEvent) => void,
): () => void {
  let stopped = false
  let socket: WebSocket | undefined
  const connect = async (): Promise<void> => {
    if (stopped) return
    try {
      const authorization = await door.authorization()
      if (stopped) return
      socket = new WebSocket(`${door.url.replace(/^http/, 'ws')}/_muster/live`, {
        ca: door.ca,
        headers: { authorization },
      })
      socket.on('message', (data) => listener(JSON.parse(String(data)) as LiveEvent))
      socket.on('error', () => undefined)
      socket.on('close', again)
    } catch {
      again()
    }
  }
  const again = (): void => {
    if (!stopped) setTimeout(() => void connect(), RETRY_MS).unref()
  }
  void connect()
  return () => {
    stopped = true
    socket?.terminate()
  }
}
