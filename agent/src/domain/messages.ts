import type {
  AppRegistrationRequest,
  CheckIn,
  CheckInReply,
  DeviceFault,
  EnrolmentReply,
  Hardware,
  PolicyBody,
  Posture,
  RenewalReply,
  Report,
} from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'

/** What can happen to a device. */
export type DeviceInput = { readonly nowMs: EpochMs } & (
  | { readonly type: 'born'; readonly enrolAtMs: EpochMs }
  | { readonly type: 'due' }
  | { readonly type: 'poke'; readonly spreadMs: number; readonly correlationId: string }
  | { readonly type: 'enrolment-answer'; readonly answer: EnrolmentReply }
  | { readonly type: 'check-in-answer'; readonly answer: CheckInReply }
  /** SHA-256 → body, at least for the wanted set. */
  | { readonly type: 'bodies'; readonly bodies: ReadonlyMap<string, PolicyBody> }
  | { readonly type: 'renewal-answer'; readonly answer: RenewalReply }
  | {
      readonly type: 'registration-answer'
      readonly replies: readonly { readonly registrationId: string; readonly nextCheckInMs: number }[]
    }
  /** A request got no answer. */
  | { readonly type: 'failed'; readonly what: 'enrol' | 'check-in' | 'renew' | 'register' }
  | { readonly type: 'presence'; readonly online: boolean }
  | {
      readonly type: 'ordered-drift'
      readonly posture: Posture
      readonly osVersion?: string | undefined
      /** Mended again after this time; absent: not by itself. */
      readonly healAfterMs?: number
    }
  | { readonly type: 'sync' }
  /** `hardware` and `deviceId`: whose identity is taken on. */
  | {
      readonly type: 'fault'
      readonly fault: DeviceFault
      readonly active: boolean
      readonly hardware?: Hardware
      readonly deviceId?: string
    }
)

/** What a device wants done in the world. The interpreter performs it and answers with an input. */
export type Effect =
  | { readonly type: 'enrol'; readonly requestId: string; readonly correlationId: string }
  | { readonly type: 'check-in'; readonly checkIn: CheckIn }
  | { readonly type: 'fetch-bodies'; readonly sha256s: readonly string[] }
  | { readonly type: 'report'; readonly report: Report; readonly again: boolean }
  | { readonly type: 'renew'; readonly requestId: string; readonly correlationId: string; readonly sequence: number }
  | { readonly type: 'register'; readonly registrations: readonly AppRegistrationRequest[] }
  /** The device has left: its key is of no more use. */
  | { readonly type: 'forget-key' }
