import type { FleetOptions } from '@muster/agent/fleet'
import type { LiveEvent } from '@muster/shared/contracts'
import type { Chronicle } from './chronicle.ts'

type OnStep = NonNullable<FleetOptions['onStep']>
type Input = Parameters<OnStep>[1]
type Effect = Parameters<OnStep>[2][number]

/** Write down that something happened to a device, and what it wants done. */
export function recordStep(
  chronicle: Chronicle,
  { key, phase, online }: Parameters<OnStep>[0]['state'],
  input: Input,
  effects: readonly Effect[],
): void {
  const line = `${key} ${inputText(input)} -> ${phase}${online ? '' : ' offline'}`
  chronicle.add(input.nowMs, effects.length === 0 ? line : `${line} | ${effects.map(effectText).join(' | ')}`)
}

/** Write down what the service told. Statistics are a matter of the moment at which they were asked for. */
export function recordEvent(chronicle: Chronicle, event: LiveEvent): void {
  if (event.type === 'stats') return
  const { atMs, what, text, deviceId = '', correlationId = '' } = event
  chronicle.add(atMs, `service ${what} ${deviceId} ${correlationId} ${text}`)
}

function inputText(input: Input): string {
  switch (input.type) {
    case 'poke':
      return `poke ${input.correlationId}`
    case 'enrolment-answer':
      return `enrolment-answer ${input.answer.outcome}`
    case 'check-in-answer':
      return `check-in-answer ${input.answer.outcome} ${input.answer.ackedSeq}`
    case 'renewal-answer':
      return `renewal-answer ${input.answer.outcome}`
    case 'failed':
      return `failed ${input.what}`
    case 'presence':
      return `presence ${input.online}`
    case 'fault':
      return `fault ${input.fault.kind} ${input.active}`
    case 'ordered-drift':
      return `ordered-drift ${JSON.stringify(input.posture)} ${input.osVersion ?? ''}`
    default:
      return input.type
  }
}

function effectText(effect: Effect): string {
  switch (effect.type) {
    case 'enrol':
    case 'renew':
      return `${effect.type} ${effect.requestId} ${effect.correlationId}`
    case 'check-in':
      return `check-in ${effect.checkIn.cause} ${effect.checkIn.correlationId} ${effect.checkIn.lastSeq}`
    case 'report':
      return `report${effect.again ? ' again' : ''} ${JSON.stringify(effect.report)}`
    case 'fetch-bodies':
      return `fetch-bodies ${effect.sha256s.join(' ')}`
    default:
      return effect.type
  }
}
