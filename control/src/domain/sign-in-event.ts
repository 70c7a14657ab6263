import type { EpochMs } from '@muster/shared/core'
import type { AppliedPolicy } from './conditional-access/index.ts'

/** How somebody came for tokens: at a page or with a password, with what they had been given before, or a program by itself. */
export type SignInKind = 'interactiveUser' | 'nonInteractiveUser' | 'servicePrincipal'

/** One attempt to get tokens, and what came of it. */
export interface SignInEvent {
  readonly id: string
  readonly atMs: EpochMs
  readonly kind: SignInKind
  readonly correlationId: string
  /** Absent where a program comes for itself. */
  readonly user?: { readonly id: string; readonly principalName: string; readonly displayName: string }
  readonly application: { readonly appId: string; readonly displayName: string; readonly principalId: string }
  /** What the tokens are for; absent where it came to no such question. */
  readonly resource?: { readonly appId: string; readonly displayName: string }
  /** In the words of the log: `Browser`. */
  readonly clientAppUsed: string
  readonly ipAddress: string
  readonly userAgent: string
  readonly device: {
    readonly deviceId: string
    readonly displayName: string
    readonly operatingSystem: string
    readonly browser: string
    readonly isCompliant: boolean
    readonly isManaged: boolean
    readonly trustType: string
  }
  /** AADSTS number, 0 for success. */
  readonly errorCode: number
  readonly failureReason: string
  readonly conditionalAccessStatus: 'success' | 'failure' | 'notApplied'
  readonly appliedPolicies: readonly AppliedPolicy[]
}
