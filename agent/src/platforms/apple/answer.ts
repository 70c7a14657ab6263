import type { AppleMdmItem, AppleMdmResult, CommandResult } from '@muster/shared/contracts'
import type { Attempt, CommandOutcome, DeviceView, ItemOutcome } from '../../domain/platform.ts'
import { type AppleError, errorChain } from './error-chain.ts'
import type { Dictionary } from './payload.ts'
import type { AppleSystem } from './system.ts'

/** A command as a device carries it out; `attempt` is absent where it only reads. */
export interface Call {
  readonly payload: Dictionary
  readonly device: DeviceView
  readonly system: AppleSystem
  readonly attempt?: Attempt
  /** The policy item that the command stands in, where it does. */
  readonly item?: AppleMdmItem
}

/** A device's answer to a command, and what carrying it out changes. */
export interface Answer
  extends Pick<AppleMdmResult, 'status' | 'response' | 'errorChain'>,
    Pick<ItemOutcome, 'settings' | 'posture' | 'waitsFor'>,
    Pick<CommandOutcome, 'effect' | 'deviceName'> {
  readonly detail?: NonNullable<CommandResult['detail']>
}

export const acknowledged = (rest: Omit<Answer, 'status' | 'errorChain'> = {}): Answer => ({
  status: 'Acknowledged',
  ...rest,
})

export const failed = (...names: readonly AppleError[]): Answer => ({
  status: 'Error',
  errorChain: errorChain(...names),
})
