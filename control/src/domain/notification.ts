import type { EpochMs } from '@muster/shared/core'

/** A message to a person about a noncompliant device: kept here, as a mailbox that can be looked into. */
export interface Notification {
  readonly id: string
  readonly atMs: EpochMs
  readonly deviceId: string
  readonly policyId: string
  readonly channel: 'email' | 'push'
  readonly sender: string
  readonly recipient: string
  readonly subject: string
  readonly body: string
}

/** What an e-mail about noncompliance says, in several languages; exactly one of them is the default. */
export interface NotificationTemplate {
  readonly id: string
  /** Scope tags; none stands for the default one. */
  readonly scopeTagIds?: readonly string[] | undefined
  readonly displayName: string
  readonly description: string
  readonly brandingOptions: string
  readonly messages: readonly LocalizedMessage[]
  readonly modifiedAtMs: EpochMs
}

export interface LocalizedMessage {
  readonly id: string
  /** A language tag such as `de-de`. */
  readonly locale: string
  readonly subject: string
  readonly messageTemplate: string
  readonly isDefault: boolean
  readonly modifiedAtMs: EpochMs
}
