import type { Counted } from '@muster/control'
import { CodedError, HOUR_MS, pause } from '@muster/shared/core'
import { formatDuration } from '@muster/shared/scenario'
import type { World } from './world.ts'

/** How often it is looked whether something is still under way, and for how long at the most. */
const LOOK_EVERY_MS = 10
const PATIENCE_MS = HOUR_MS

type Parts = Pick<World, 'clock' | 'broker' | 'store' | 'control' | 'fleets'>

/**
 * Bring a world to rest: no device keeps another appointment, what is asked is answered, what is sent arrives and is
 * committed, what was decided is told; then the service ends in order. Answers what it had counted.
 * @throws CodedError `snapshot/not-at-rest`
 */
export async function comeToRest(parts: Parts): Promise<Counted> {
  const { clock, control, fleets, broker } = parts
  for (const fleet of fleets) fleet.rest()
  await until(clock, () => underWay(parts))
  const { meters } = control.control ?? {}
  if (!meters) throw new CodedError('snapshot/not-at-rest', 'the control service is down')
  const { enrolments, checkIns, reports, refusals } = meters
  await control.stop()
  await until(clock, async () => (broker.underWay > 0 ? 'messages' : undefined))
  return { enrolments, checkIns, reports, refusals }
}

async function until(clock: World['clock'], look: () => Promise<string | undefined>): Promise<void> {
  const sinceMs = clock.nowMs()
  for (;;) {
    const what = await look()
    if (what === undefined) return
    if (clock.nowMs() - sinceMs >= PATIENCE_MS)
      throw new CodedError(
        'snapshot/not-at-rest',
        `${what} are still under way after ${formatDuration(PATIENCE_MS)}; take the snapshot after another phase`,
      )
    await pause(clock, LOOK_EVERY_MS)
  }
}

/** What is still under way, in a word. */
async function underWay({ fleets, broker, control, store }: Parts): Promise<string | undefined> {
  if (fleets.some((fleet) => fleet.atRest() === undefined)) return 'requests of devices'
  if (broker.underWay > 0) return 'messages'
  if (broker.image().streams.REPORTS.length > 0) return 'reports'
  if (control.calls > 0) return 'calls of the runner'
  if ((await store.outbox.oldest(1)).length > 0) return 'pokes'
  return undefined
}
