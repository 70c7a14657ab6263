import type { AppRegistrationRequest } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { appoint } from './agenda.ts'
import { managedApps } from './app-catalog.ts'
import { backoffAt } from './cadence.ts'
import type { DeviceState } from './state.ts'
import { guidFrom, ownCorrelation, type Turn } from './turn.ts'

/** The apps of an unmanaged device register, and check in by registering again. */
export function startRegistration(state: DeviceState, turn: Turn): DeviceState {
  const { userPrincipalName } = state
  if (userPrincipalName === undefined) return { ...state, phase: 'refused', agenda: [] }
  if (!state.online) return appoint(state, { what: 'register', atMs: backoffAt(state.failures, turn) })
  turn.effects.push({ type: 'register', registrations: registrationsOf(state, userPrincipalName) })
  return { ...state, phase: 'app-only' }
}

function registrationsOf(state: DeviceState, userPrincipalName: string): readonly AppRegistrationRequest[] {
  // Which apps somebody has, and their registrations' ids, stay the same for the device's life.
  const own = createRng(`${state.seed}/${state.key}/apps`)
  const apps = managedApps(state.platform)
  const { inventory } = state
  return apps.slice(0, own.int(2, Math.max(2, apps.length))).map(({ appId, version }) => ({
    registrationId: guidFrom(own.fork(appId)),
    correlationId: ownCorrelation(state),
    platform: state.platform,
    userPrincipalName,
    appId,
    appVersion: version,
    deviceTag: inventory.hardware.serialNumber,
    deviceName: inventory.deviceName,
    platformVersion: inventory.os.version,
    flaggedReasons: [inventory.posture.rooted === true ? ('rootedDevice' as const) : ('none' as const)],
  }))
}
