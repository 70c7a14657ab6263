import type { SessionKey } from '@muster/shared/pki'
import type { DeviceState } from '../domain/index.ts'

/** A device in the fleet: its state, and what only the outer world knows of it. */
export interface Slot {
  state: DeviceState
  /** PKCS#8 of the key in use, and of the one that a request under way is about. */
  key?: Uint8Array | undefined
  nextKey?: Uint8Array | undefined
  /** The enrolment that `nextKey` was made for. */
  enrolmentRequestId?: string | undefined
  /** The session that it has opened with `key`, and what it signs with in it. */
  session?: string | undefined
  sessionKey?: SessionKey | undefined
  /** The time for which the scheduler has it, so that outdated entries are told apart. */
  dueMs?: number | undefined
}

/** All slots have one shape, whatever happens to them: nothing is ever taken out of one, which would slow its every use. */
export const slotOf = ({ state, key, nextKey }: Slot): Slot => ({
  state,
  key,
  nextKey,
  enrolmentRequestId: undefined,
  session: undefined,
  sessionKey: undefined,
  dueMs: undefined,
})
