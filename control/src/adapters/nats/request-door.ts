import { createHash } from 'node:crypto'
import { decode, encode } from '@muster/shared/contracts'
import { type Bus, type BusMessage, CodedError, type Subscription } from '@muster/shared/core'
import { type Logger, matchesSubject, sendDeadLetter } from '@muster/shared/runtime'
import type { z } from 'zod'

export interface DoorOptions<S extends z.ZodType> {
  readonly bus: Bus
  /** Where dead letters are put: who answers agents has no streams. */
  readonly letters: Pick<Bus, 'append'>
  readonly pattern: string
  readonly queue: string
  readonly schema: S
  /** Token of the subject that names the agent; the message must name the same. Absent where the subject names none. */
  readonly agentToken?: number
  readonly handle: (message: z.infer<S>) => Promise<unknown>
  readonly log: Logger
  readonly onDeadLetter: () => void
}

/** A door that messages come to over the bus, or once more by hand. */
export interface Door extends Subscription {
  /** Take a message as if it had just come: `taken`, or the code it is refused with. `undefined`: it is for another door. */
  redeliver(message: BusMessage): Promise<string | undefined>
}

/**
 * A request subject with one shape behind it. What cannot be read goes to the dead letters with its reason, and the asker
 * is left to its time-out; the service goes on. So does what names another agent than the one whose subject it came on.
 */
export function openRequestDoor<S extends z.ZodType>(options: DoorOptions<S>): Door {
  const { bus, schema, handle, log } = options
  const onRequest = async (message: BusMessage): Promise<Uint8Array> => {
    const decoded = await orBury(options, message, async () => decode(schema, message.payload))
    if (!decoded.ok) return bury(options, message, decoded.refusal)
    const named = (decoded.value as { agentId?: string }).agentId
    if (options.agentToken !== undefined && named !== message.subject.split('.')[options.agentToken]) {
      return bury(options, message, {
        code: 'message/other-agent',
        message: 'the message names another agent than its subject',
      })
    }
    return encode(await orBury(options, message, () => handle(decoded.value)))
  }
  const served = bus.respond(options.pattern, onRequest, {
    queue: options.queue,
    onError: (error, { subject }) => {
      if (!(error instanceof Buried)) log.error({ err: error, subject }, 'a request failed')
    },
  })
  return {
    stop: served.stop,
    redeliver: async (message) => {
      if (!matchesSubject(options.pattern, message.subject)) return undefined
      try {
        await onRequest(message)
        return 'taken'
      } catch (error) {
        if (error instanceof Buried) return error.code
        throw error
      }
    },
  }
}

/** What ails the service has a code and may pass; anything else is about this message. */
async function orBury<T>(options: DoorOptions<z.ZodType>, message: BusMessage, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CodedError) throw error
    options.log.error({ err: error, subject: message.subject }, 'a request failed')
    return bury(options, message, { code: 'message/unprocessable', message: reasonOf(error) })
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Thrown to leave a request unanswered. */
class Buried extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

async function bury(
  { letters, log, onDeadLetter }: Pick<DoorOptions<z.ZodType>, 'letters' | 'log' | 'onDeadLetter'>,
  { subject, payload }: BusMessage,
  refusal: { code: string; message: string; at?: string },
): Promise<never> {
  onDeadLetter()
  log.warn({ subject, code: refusal.code, at: refusal.at }, 'a message cannot be read')
  await sendDeadLetter(
    letters,
    {
      subject,
      payload,
      code: refusal.code,
      reason: refusal.message,
      ...(refusal.at === undefined ? {} : { at: refusal.at }),
    },
    letterId(subject, payload),
  )
  throw new Buried(refusal.code)
}

/** The same letter twice within the stream's window is kept once. */
export const letterId = (subject: string, payload: Uint8Array): string =>
  `dlq-${createHash('sha256').update(subject).update(payload).digest('hex').slice(0, 32)}`
