import type { EpochMs } from '@muster/shared/core'
import type { Device, DevicePolicy, Policy } from '../domain/model.ts'
import { judgeDevice } from './judge-devices.ts'
import { consequencesOf } from './noncompliance.ts'
import type { Ids, Signal, Tables } from './ports.ts'

export interface JudgeContext {
  readonly ids: Ids
  readonly nowMs: EpochMs
  readonly policies: readonly Policy[]
  readonly correlationId: (device: Device) => string
}

/**
 * Judge the compliance of devices and carry out what is due because of it: the one place where reports, the passing of
 * time and changes of policy meet. Writes rows, notifications and actions; leaves the device rows to the caller.
 */
export async function judgeAndAct(
  tables: Pick<Tables, 'settings' | 'users' | 'devicePolicies' | 'notifications' | 'actions'>,
  records: readonly { readonly device: Device; readonly rows: readonly DevicePolicy[] }[],
  { ids, nowMs, policies, correlationId }: JudgeContext,
): Promise<{ readonly devices: readonly Device[]; readonly signals: readonly Signal[] }> {
  const context = {
    policies: new Map(policies.map((policy) => [policy.id, policy])),
    settings: await tables.settings.get(),
    nowMs,
  }
  const judged = records.map(({ device, rows }) => ({ before: device, ...judgeDevice(device, rows, context) }))
  const due = judged.filter(({ dueActions }) => dueActions.length > 0)
  const userIds = due.flatMap(({ device }) => (device.userId === undefined ? [] : [device.userId]))
  const mails = new Map((await tables.users.getMany(userIds)).map((user) => [user.id, user.mail]))
  const consequences = due.map((entry) =>
    consequencesOf(entry, (userId) => mails.get(userId), { ids, nowMs, correlationId: correlationId(entry.device) }),
  )
  await tables.devicePolicies.put(judged.flatMap(({ device, rows }) => (device.lifecycle === 'managed' ? rows : [])))
  await tables.notifications.append(consequences.flatMap(({ notifications }) => notifications))
  await tables.actions.put(consequences.flatMap(({ actions }) => actions))
  const changed = new Map(consequences.map(({ device }) => [device.id, device]))
  return {
    devices: judged.map(({ device }) => changed.get(device.id) ?? device),
    signals: judged.flatMap(({ before, device }) => complianceSignal(before, device, nowMs, correlationId(device))),
  }
}

function complianceSignal(before: Device, after: Device, nowMs: EpochMs, correlationId: string): Signal[] {
  if (before.complianceState === after.complianceState) return []
  const text = `${after.inventory.deviceName}: ${before.complianceState} → ${after.complianceState}`
  return [{ atMs: nowMs, what: 'device.compliance', text, deviceId: after.id, correlationId }]
}
