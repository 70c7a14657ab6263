import type { FleetOptions } from '@muster/agent/fleet'
import type { EpochMs } from '@muster/shared/core'
import type { InvariantWatch } from './invariants.ts'

type OnStep = NonNullable<FleetOptions['onStep']>

/** Tells a watch what devices are answered, and with which certificate they had asked. */
export function watchAnswers(watch: InvariantWatch): {
  onStep(before: Parameters<OnStep>[3], input: Parameters<OnStep>[1], effects: Parameters<OnStep>[2]): void
} {
  const asked = new Map<string, { readonly atMs: EpochMs; readonly certificateSerial: string }>()
  return {
    onStep: (before, input, effects) => {
      if (input.type === 'check-in-answer' && input.answer.outcome === 'managed' && before.conversation) {
        const question = asked.get(before.key)
        const { deviceId, ackedSeq } = input.answer
        if (question)
          watch.onAnswer({
            atMs: input.nowMs,
            deviceId,
            ackedSeq,
            certificateSerial: question.certificateSerial,
            askedAtMs: question.atMs,
          })
      }
      for (const effect of effects) {
        if (effect.type !== 'check-in') continue
        const { sentAtMs, certificateSerial } = effect.checkIn
        asked.set(before.key, { atMs: sentAtMs, certificateSerial })
      }
    },
  }
}
