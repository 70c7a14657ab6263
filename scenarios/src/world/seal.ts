import type { RunResult } from '@muster/shared/scenario'
import type { World } from './world.ts'

const PAGE = 1_000

/** Put the end of a world into its record as well, device by device as the service holds it, and close the record. */
export async function sealWorld({ store, chronicle, clock, broker }: World): Promise<NonNullable<RunResult['replay']>> {
  const atMs = clock.nowMs()
  for (let after: string | undefined = ''; after !== undefined; ) {
    const devices: Awaited<ReturnType<typeof store.devices.page>> = await store.devices.page({ after, limit: PAGE })
    const rows = Map.groupBy(
      await store.devicePolicies.forDevices(devices.map(({ id }) => id)),
      ({ deviceId }) => deviceId,
    )
    for (const device of devices) {
      const policies = (rows.get(device.id) ?? []).map(({ policyId, revision, state, settings }) => ({
        policyId,
        revision,
        state,
        settings,
      }))
      const { id, lifecycle, complianceState, managementState, ackedSeq, certificateSerial } = device
      chronicle.add(
        atMs,
        `end ${id} ${lifecycle} ${complianceState} ${managementState} ${ackedSeq} ${certificateSerial} ${JSON.stringify(policies)}`,
      )
    }
    after = devices.length === PAGE ? devices.at(-1)?.id : undefined
  }
  chronicle.add(atMs, `end network ${JSON.stringify(broker.counts)}`)
  return { events: chronicle.events, sha256: chronicle.sha256() }
}
