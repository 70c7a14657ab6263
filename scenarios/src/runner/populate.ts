import { formatDuration, managedCount, populationOf } from '@muster/shared/scenario'
import { type RunContext, sleep } from './context.ts'
import { fillGroups } from './members.ts'

/** Make the devices, see them enrol, and fill the groups that are shares of them. */
export async function populate(context: RunContext): Promise<void> {
  const { scenario, stage, observer } = context
  const { devices } = (await stage.client.call('POST', '/_muster/population', populationOf(scenario))) as {
    devices: number
  }
  context.counts.devices = devices
  context.note('world', `${devices} devices are being enrolled`)
  const wanted = managedCount(scenario)
  const sinceMs = context.nowMs()
  const patienceMs = scenario.population.enrolOver + stage.patienceMs('enrolment')
  for (;;) {
    const { devices: counts, enrolments } = await observer.refresh()
    const refused = Object.values(enrolments.refused).reduce((sum, count) => sum + count, 0)
    if (counts.managed + refused >= wanted) {
      context.note('world', `${counts.managed} devices enrolled${refused > 0 ? `, ${refused} refused` : ''}`)
      break
    }
    const waitedMs = context.nowMs() - sinceMs
    if (waitedMs > patienceMs) {
      const text = `only ${counts.managed} of ${wanted} devices enrolled in ${formatDuration(patienceMs)}`
      context.note('world', text)
      break
    }
    await sleep(context, stage.lookAgainMs(waitedMs))
  }
  await fillGroups(context)
}
