import type { DeadLetter } from '@muster/shared/contracts'
import { type Clock, DAY_MS, type EpochMs, ok, type Result, refuse } from '@muster/shared/core'
import type { Actor, AuditEvent } from '../domain/model.ts'
import type { Ids, Store } from './ports.ts'

/** A dead letter in the store; `payload` is Base64, as it travelled. */
export type StoredLetter = Omit<DeadLetter, 'text'>

/** What was refused, kept to be looked at: the newest. */
export interface DeadLetters {
  /** Keep letters; one that is there is counted once more. */
  append(letters: readonly StoredLetter[]): Promise<void>
  /** Remove the oldest beyond the bounds. Costs as much as there are letters. */
  removeBeyond(bounds: LetterBounds): Promise<void>
  get(id: string): Promise<StoredLetter | undefined>
  /** Newest first, without what they carry; `before`: those that came last before the one with this id. */
  page(query: { before?: string; code?: string; limit: number }): Promise<readonly Omit<StoredLetter, 'payload'>[]>
  put(letter: StoredLetter): Promise<void>
  delete(id: string): Promise<boolean>
}

export interface LetterBounds {
  readonly letters: number
  /** Of what they carry. */
  readonly bytes: number
  /** Older ones go. */
  readonly sinceMs: EpochMs
}

const LETTERS_MAX = 10_000
const BYTES_MAX = 64 * 1024 * 1024
const KEPT_MS = 30 * DAY_MS

export const boundsAt = (nowMs: EpochMs): LetterBounds => ({
  letters: LETTERS_MAX,
  bytes: BYTES_MAX,
  sinceMs: nowMs - KEPT_MS,
})

export interface LetterDeps {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
}

interface LetterAct {
  readonly id: string
  readonly actor: Actor
  readonly correlationId: string
}

/**
 * Give the message of a dead letter to its door once more, as it came, and note what came of it. `redeliver` answers `taken`,
 * or the code with which the door refuses it again. Refusals: `dlq/unknown`, `dlq/truncated`, `dlq/no-door`.
 */
export async function replayLetter(
  deps: LetterDeps,
  redeliver: (subject: string, payload: Uint8Array) => Promise<string | undefined>,
  act: LetterAct,
): Promise<Result<{ readonly id: string; readonly outcome: string }>> {
  const { store, clock } = deps
  const letter = await store.deadLetters.get(act.id)
  if (!letter) return unknown(act.id)
  const payload = Uint8Array.from(Buffer.from(letter.payload, 'base64'))
  if (payload.length < letter.bytes)
    return refuse('dlq/truncated', `of ${letter.bytes} bytes only ${payload.length} were kept`)
  const outcome = await redeliver(letter.subject, payload)
  if (outcome === undefined) return refuse('dlq/no-door', `nothing here listens to ${letter.subject}`)
  await store.transaction(async (tables) => {
    const now = await tables.deadLetters.get(act.id)
    if (now) await tables.deadLetters.put({ ...now, replayedAtMs: clock.nowMs(), replayed: outcome })
    await tables.audit.append([recordOf(deps, letter, act, 'replay DeadLetter', outcome)])
  })
  return ok({ id: letter.id, outcome })
}

/** Let a dead letter go. Refusal: `dlq/unknown`. */
export async function dropLetter(deps: LetterDeps, act: LetterAct): Promise<Result<{ readonly id: string }>> {
  return deps.store.transaction(async (tables) => {
    const letter = await tables.deadLetters.get(act.id)
    if (!letter) return unknown(act.id)
    await tables.deadLetters.delete(act.id)
    await tables.audit.append([recordOf(deps, letter, act, 'drop DeadLetter', 'dropped')])
    return ok({ id: letter.id })
  })
}

const unknown = (id: string) => refuse('dlq/unknown', `there is no dead letter ${id}`)

function recordOf(
  { clock, ids }: LetterDeps,
  { id, subject, code }: StoredLetter,
  { actor, correlationId }: LetterAct,
  activityType: string,
  outcome: string,
): AuditEvent {
  return {
    id: ids.guid(),
    atMs: clock.nowMs(),
    activityType,
    operation: 'Action',
    result: outcome === 'taken' || outcome === 'dropped' ? 'Success' : 'Failure',
    category: 'Other',
    componentName: 'DeadLetters',
    actor,
    correlationId,
    resources: [
      {
        id,
        type: 'DeadLetter',
        displayName: `${subject} ${code}`,
        modifiedProperties: [{ name: 'outcome', oldValue: null, newValue: outcome }],
      },
    ],
  }
}
