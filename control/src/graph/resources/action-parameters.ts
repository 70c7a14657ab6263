import type { RemoteActionName } from '@muster/shared/contracts'
import { z } from 'zod'
import { parseBody } from '../body.ts'

const text = z.string().max(200).nullish()
const flag = z.boolean().nullish()
const sixDigits = z
  .string()
  .regex(/^\d{6}$/, 'must be six digits')
  .nullish()

/** The parameters of each action that has any, in Graph's names. */
const shapes: Readonly<Partial<Record<RemoteActionName, z.ZodObject>>> = {
  wipe: z.object({
    keepEnrollmentData: flag,
    keepUserData: flag,
    macOsUnlockCode: sixDigits,
    persistEsimDataPlan: flag,
    useProtectedWipe: flag,
    obliterationBehavior: z.enum(['default', 'doNotObliterate', 'obliterateWithWarning', 'always']).nullish(),
  }),
  cleanWindowsDevice: z.object({ keepUserData: flag }),
  setDeviceName: z.object({ deviceName: z.string().min(1).max(63) }),
  windowsDefenderScan: z.object({ quickScan: flag }),
  remoteLock: z.object({ unlockPin: sixDigits }),
  enableLostMode: z.object({ message: text, phoneNumber: text, footer: text }),
  playLostModeSound: z.object({ durationInMinutes: z.number().int().min(1).max(30).nullish() }),
}

type Parameters = Readonly<Record<string, unknown>>

const given = (parameters: Parameters): Parameters =>
  Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined))

/** The parameters of one action in a body of its own; names that it does not have are refused. */
export const readParameters = (action: RemoteActionName, body: unknown): Parameters =>
  given(parseBody((shapes[action] ?? z.object({})).strict(), body ?? {}))

/** The same out of a bulk request, which has room for the parameters of every action. */
export const readBulkParameters = (action: RemoteActionName, body: unknown): Parameters =>
  given(parseBody(shapes[action] ?? z.object({}), body))
