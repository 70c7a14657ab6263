import { createServer } from 'node:http'
import { CodedError } from '@muster/shared/core'

/**
 * A door for whoever watches over this process, on this machine only: 200 while it is well, 503 while it is not.
 * @returns closes it
 * @throws CodedError `http/port-taken`
 */
export async function openHealthDoor(port: number, isWell: () => boolean): Promise<() => void> {
  const server = createServer((_, answer) => {
    const ready = isWell()
    answer.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify({ ready }))
  })
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, '127.0.0.1', resolve)
  try {
    await listening
  } catch (cause) {
    throw new CodedError('http/port-taken', `port ${port} is taken by another program: choose another --health-port`, {
      cause,
    })
  }
  return () => {
    server.closeAllConnections()
    server.close()
  }
}
