import type { AppRegistrationRequest } from '@muster/shared/contracts'
import { createRng, MINUTE_MS } from '@muster/shared/core'
import { appoint } from './agenda.ts'
import { managedApps } from './app-catalog.ts'
import { nextUseMs } from './app-use.ts'
import { appointDrift, appointUpdate } from './drift.ts'
import type { AppOnDevice, DeviceState } from './state.ts'
import { guidFrom, ownCorrelation, type Turn } from './turn.ts'

/** Without an answer an app waits a minute, and twice as long after each further failure, but never more than an hour. */
const RETRY_FIRST_MS = MINUTE_MS
const RETRY_MAX_MS = 60 * MINUTE_MS

/**
 * The apps of an unmanaged device register, and check in by registering again: each for itself, when its time has come and
 * somebody has it in the foreground. The first time is when its user signs in to it.
 */
export function startRegistration(state: DeviceState, turn: Turn): DeviceState {
  const { userPrincipalName } = state
  if (userPrincipalName === undefined) return { ...state, phase: 'refused', agenda: [] }
  const apps = state.apps ?? appsOn(state, turn)
  const open = apps.filter(({ nextMs }) => nextMs <= turn.nowMs)
  if (open.length === 0) return appointFirst({ ...state, apps })
  // Until its answer is there a try counts as failed.
  const tried = apps.map((app) => (open.includes(app) ? waiting(app, turn) : app))
  const next = appointFirst({ ...state, apps: tried })
  if (!state.online) return next
  turn.effects.push({ type: 'register', registrations: open.map((app) => requestFor(app, state, userPrincipalName)) })
  return state.phase === 'app-only' ? next : appointUpdate(appointDrift({ ...next, phase: 'app-only' }, turn), turn)
}

/** The service has answered for some of the apps: each checks in again when that time is over and it is in use. */
export function onRegistrationAnswer(
  state: DeviceState,
  turn: Turn,
  replies: readonly { readonly registrationId: string; readonly nextCheckInMs: number }[],
): DeviceState {
  if (!state.apps) return state
  const apps = state.apps.map((app) => {
    const reply = replies.find(({ registrationId }) => registrationId === app.registrationId)
    return reply ? { ...app, failures: 0, nextMs: useAfter(app, reply.nextCheckInMs, turn) } : app
  })
  return appointFirst({ ...state, apps })
}

function waiting(app: AppOnDevice, turn: Turn): AppOnDevice {
  const retryMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(app.failures, 16))
  return { ...app, failures: app.failures + 1, nextMs: useAfter(app, retryMs, turn) }
}

const useAfter = ({ appId, usesPerDay }: AppOnDevice, waitMs: number, { nowMs, chance }: Turn): number =>
  nextUseMs(nowMs + waitMs, usesPerDay, chance.fork(`use/${appId}`))

const appointFirst = (state: DeviceState): DeviceState =>
  appoint(state, { what: 'register', atMs: Math.min(...(state.apps ?? []).map(({ nextMs }) => nextMs)) })

/** Which apps somebody has, and their registrations' ids, stay the same for the device's life. */
function appsOn({ seed, key, platform }: DeviceState, { nowMs }: Turn): readonly AppOnDevice[] {
  const own = createRng(`${seed}/${key}/apps`)
  const known = managedApps(platform)
  return known.slice(0, own.int(2, Math.max(2, known.length))).map((app) => ({
    ...app,
    registrationId: guidFrom(own.fork(app.appId)),
    nextMs: nowMs,
    failures: 0,
  }))
}

function requestFor(
  { registrationId, appId, version }: AppOnDevice,
  state: DeviceState,
  userPrincipalName: string,
): AppRegistrationRequest {
  const { inventory } = state
  return {
    registrationId,
    correlationId: ownCorrelation(state),
    platform: state.platform,
    userPrincipalName,
    appId,
    appVersion: version,
    deviceTag: inventory.hardware.serialNumber,
    deviceName: inventory.deviceName,
    platformVersion: inventory.os.version,
    flaggedReasons: [inventory.posture.rooted === true ? 'rootedDevice' : 'none'],
  }
}
