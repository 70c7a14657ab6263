import type { AppRegistrationBatch, AppRegistrationBatchReply, AppRegistrationRequest } from '@muster/shared/contracts'
import { type Clock, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import type { AppRegistration } from '../domain/model.ts'
import type { Store } from './ports.ts'

/** How soon a registered app, and one whose user is unknown, asks again. Source: Intune, app protection check-in. */
export const REGISTERED_INTERVAL_MS = 30 * MINUTE_MS
export const UNLICENSED_INTERVAL_MS = 12 * HOUR_MS

/** Apps on unmanaged devices register, and check in by registering again. Refusals per item: `app/user-unknown`, `app/other-agent`. */
export async function registerApps(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { agentId, registrations }: AppRegistrationBatch,
): Promise<AppRegistrationBatchReply> {
  const nowMs = clock.nowMs()
  return store.transaction(async (tables) => {
    const names = new Set(registrations.map(({ userPrincipalName }) => userPrincipalName.toLowerCase()))
    const users = new Map(
      (await tables.users.findByPrincipalName([...names])).map((user) => [
        user.userPrincipalName.toLowerCase(),
        user.id,
      ]),
    )
    const before = new Map(
      (await tables.apps.getMany(registrations.map((asked) => asked.registrationId))).map((app) => [app.id, app]),
    )
    const known = registrations.flatMap((asked) => {
      const userId = users.get(asked.userPrincipalName.toLowerCase())
      const known = before.get(asked.registrationId)
      return userId === undefined || isOfAnother(known, agentId)
        ? []
        : [registrationOf(asked, agentId, userId, known, nowMs)]
    })
    await tables.apps.put(known)
    const registered = new Set(known.map((app) => app.id))
    return {
      v: 1,
      replies: registrations.map(({ registrationId }) =>
        registered.has(registrationId)
          ? { registrationId, outcome: 'registered', nextCheckInMs: REGISTERED_INTERVAL_MS }
          : {
              registrationId,
              outcome: 'refused',
              code: isOfAnother(before.get(registrationId), agentId) ? 'app/other-agent' : 'app/user-unknown',
              nextCheckInMs: UNLICENSED_INTERVAL_MS,
            },
      ),
    }
  })
}

/** Devices that are not managed have no certificate: what they registered is bound to the agent that speaks for them. */
const isOfAnother = (known: AppRegistration | undefined, agentId: string): boolean =>
  known?.agentId !== undefined && known.agentId !== agentId

function registrationOf(
  asked: AppRegistrationRequest,
  agentId: string,
  userId: string,
  before: AppRegistration | undefined,
  nowMs: number,
): AppRegistration {
  const { platform, appId, appVersion, deviceTag, deviceName, platformVersion, flaggedReasons } = asked
  return {
    id: asked.registrationId,
    agentId,
    userId,
    platform,
    appId,
    appVersion,
    deviceTag,
    deviceName,
    platformVersion,
    flaggedReasons,
    createdAtMs: before?.createdAtMs ?? nowMs,
    lastSyncAtMs: nowMs,
  }
}
