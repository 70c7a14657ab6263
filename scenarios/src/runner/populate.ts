import type { Stats } from '@muster/shared/contracts'
import { formatDuration, managedCount, populationOf } from '@muster/shared/scenario'
import { type RunContext, sleep } from './context.ts'
import { fillGroups } from './members.ts'

/** Make the devices, see them enrol, and fill the groups that are shares of them. */
export async function populate(context: RunContext): Promise<void> {
  await beginEnrolment(context)
  await allEnrolled(context)
  await fillGroups(context)
}

/** Make the devices; they come to enrol one after another. */
export async function beginEnrolment(context: RunContext): Promise<void> {
  const population = populationOf(context.scenario)
  const { devices } = (await context.client.call('POST', '/_muster/population', population)) as { devices: number }
  context.counts.devices = devices
  context.note('world', `${devices} devices are being enrolled`)
}

/** Wait until every device is enrolled or refused; or go on without those that are neither after a long time. */
export async function allEnrolled(context: RunContext): Promise<void> {
  const { scenario, stage, client } = context
  const wanted = managedCount(scenario)
  const sinceMs = context.nowMs()
  const patienceMs = populationOf(scenario).enrolOverMs + stage.patienceMs('enrolment')
  for (;;) {
    const { devices: counts, enrolments } = (await client.call('GET', '/_muster/stats')) as Stats
    const refused = Object.values(enrolments.refused).reduce((sum, count) => sum + count, 0)
    if (counts.managed + refused >= wanted) {
      context.note('world', `${counts.managed} devices enrolled${refused > 0 ? `, ${refused} refused` : ''}`)
      return
    }
    const waitedMs = context.nowMs() - sinceMs
    if (waitedMs > patienceMs) {
      const text = `only ${counts.managed} of ${wanted} devices enrolled in ${formatDuration(patienceMs)}`
      context.note('world', text)
      return
    }
    await sleep(context, stage.lookAgainMs(waitedMs))
  }
}
