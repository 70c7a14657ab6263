import { randomBytes, randomUUID } from 'node:crypto'
import type { Ids } from '../app/ports.ts'

export const randomIds: Ids = {
  guid: () => randomUUID(),
  secret: () => randomBytes(24).toString('base64url'),
}
