import { readFileSync } from 'node:fs'
import { constants, createGunzip } from 'node:zlib'
import { CodedError } from '@muster/shared/core'
import type { LogLine } from './line.ts'

/**
 * The lines of an event log, as far as it can be read: the last member may be cut off, and so may the last line of it.
 * @throws CodedError `report/unreadable` when not even the head is there
 */
export async function readEventLog(path: string): Promise<readonly LogLine[]> {
  const text = await inflated(bytesOf(path))
  const lines = text.split('\n').flatMap((line): LogLine[] => {
    try {
      return [JSON.parse(line) as LogLine]
    } catch {
      return []
    }
  })
  const [head] = lines
  if (head?.t !== 'run') throw new CodedError('report/unreadable', `${path} is not the event log of a run`)
  if (head.version !== 1)
    throw new CodedError('report/unreadable', `${path} was written by a newer Muster (version ${head.version})`)
  return lines
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new CodedError('report/unreadable', `${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

/** Everything before the first byte that does not fit. */
function inflated(bytes: Buffer): Promise<string> {
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
    const done = (): void => resolve(Buffer.concat(chunks).toString('utf8'))
    gunzip.on('data', (chunk: Buffer) => chunks.push(chunk))
    gunzip.on('end', done)
    gunzip.on('error', done)
    gunzip.end(bytes)
  })
}
