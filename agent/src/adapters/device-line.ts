import { PolicyBody } from '@muster/shared/contracts'
import { z } from 'zod'
import type { Appointment, DeviceState } from '../domain/index.ts'

/** What is kept of a device: its state and its keys. */
export interface KeptDevice {
  readonly state: DeviceState
  readonly key?: Uint8Array | undefined
  readonly nextKey?: Uint8Array | undefined
}

/** A device's line: bodies are kept once and referred to by their digest. */
interface Line {
  readonly state: DeviceState
  readonly key?: string
  readonly nextKey?: string
}

export const BodyLine = z.object({ sha256: z.string(), body: PolicyBody })

/** A device as a value that JSON can hold. */
export function lineOf({ state, key, nextKey }: KeptDevice): object {
  const policies = state.policies.map(({ body: _, ...policy }) => policy)
  return {
    state: { ...state, policies, answeredFor: undefined },
    ...(key ? { key: Buffer.from(key).toString('base64') } : {}),
    ...(nextKey ? { nextKey: Buffer.from(nextKey).toString('base64') } : {}),
  }
}

/** Enough of a state's shape to tell that the line is one; the file is the agent's own. */
const LineShape = z.object({
  state: z.looseObject({
    key: z.string(),
    platform: z.string(),
    phase: z.string(),
    policies: z.array(z.looseObject({ reference: z.looseObject({ sha256: z.string() }) })),
  }),
  key: z.string().optional(),
  nextKey: z.string().optional(),
})

/** A device from its line, as it was: nothing of it was on its way. `damaged` makes the error for one that is none. */
export function restedDeviceOf(
  value: unknown,
  bodies: ReadonlyMap<string, PolicyBody>,
  damaged: (why: string) => Error,
): KeptDevice {
  if (!LineShape.safeParse(value).success) throw damaged('a device cannot be read')
  const { state, key, nextKey } = value as Line
  const policies = state.policies.map((policy) => {
    const body = bodies.get(policy.reference.sha256)
    if (!body) throw damaged(`the policy body ${policy.reference.sha256} is missing`)
    return { ...policy, body }
  })
  return {
    state: { ...state, policies },
    ...(key === undefined ? {} : { key: Uint8Array.from(Buffer.from(key, 'base64')) }),
    ...(nextKey === undefined ? {} : { nextKey: Uint8Array.from(Buffer.from(nextKey, 'base64')) }),
  }
}

/** A device from the line of a process that has ended. */
export function deviceOf(...from: Parameters<typeof restedDeviceOf>): KeptDevice {
  const { state, ...keys } = restedDeviceOf(...from)
  const { conversation: _, ...rest } = state
  // What it has signed since its line was written nobody knows: it goes on far above that.
  const sequence = (state.sequence ?? 0) + SIGNED_UNKEPT_MAX
  return { ...keys, state: { ...rest, sequence, agenda: [...state.agenda, ...lostRequests(state)] } }
}

/** More than a device signs between two lines of its. */
const SIGNED_UNKEPT_MAX = 1_000_000

/** Requests that were under way will get no answer any more: they are made again at once. */
function lostRequests({ phase, conversation, certificate, agenda }: DeviceState): readonly Appointment[] {
  const has = (wanted: Appointment['what']): boolean => agenda.some(({ what }) => what === wanted)
  return [
    ...(conversation ? [{ what: 'check-in', atMs: 0, cause: 'reconnect' } as const] : []),
    ...(phase === 'enrolling' && !has('enrol') ? [{ what: 'enrol', atMs: 0 } as const] : []),
    ...(phase === 'enrolled' && certificate && !has('renew')
      ? [{ what: 'renew', atMs: certificate.renewAfterMs } as const]
      : []),
  ]
}
