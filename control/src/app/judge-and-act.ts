import type { EpochMs } from '@muster/shared/core'
import type { ComplianceChange } from '../domain/compliance-change.ts'
import type { Device, DevicePolicy, Policy, RemoteAction, User } from '../domain/model.ts'
import { type Judged, judgeDevice } from './judge-devices.ts'
import { type Consequences, consequencesOf } from './noncompliance.ts'
import { type PokeContext, pokesFor } from './poke-plan.ts'
import type { Ids, Signal, Tables } from './ports.ts'

export interface JudgeContext {
  readonly ids: Ids
  readonly nowMs: EpochMs
  readonly policies: readonly Policy[]
  readonly poke: Pick<PokeContext, 'tenant' | 'checkInsPerSecond' | 'speed'>
  readonly correlationId: (device: Device) => string
  readonly occasion: ComplianceChange['occasion']
}

type JudgeTables = Pick<
  Tables,
  'settings' | 'users' | 'devicePolicies' | 'complianceChanges' | 'notifications' | 'templates' | 'actions' | 'outbox'
>

/**
 * Judge the compliance of devices and carry out what is due because of it: the one place where reports, the passing of
 * time and changes of policy meet. Writes rows, notifications, actions and their pokes; leaves the device rows to the
 * caller.
 */
export async function judgeAndAct(
  tables: JudgeTables,
  records: readonly { readonly device: Device; readonly rows: readonly DevicePolicy[] }[],
  context: JudgeContext,
): Promise<{ readonly devices: readonly Device[]; readonly signals: readonly Signal[] }> {
  const { nowMs, correlationId } = context
  const users = await usersOf(tables, records)
  const policies = new Map(context.policies.map((policy) => [policy.id, policy]))
  const settings = await tables.settings.get()
  const judged = records.map(({ device, rows }) => {
    const user = device.userId === undefined ? undefined : users.get(device.userId)
    const userExists = device.userId === undefined || user?.accountEnabled === true
    return { before: device, user, ...judgeDevice(device, rows, { policies, settings, userExists, nowMs }) }
  })
  const acted = await carryOut(tables, judged, context)
  const changes = acted.flatMap((entry) => changeOf(entry, context))
  if (changes.length > 0) await tables.complianceChanges.append(changes)
  await tables.devicePolicies.put(acted.flatMap(({ device, rows }) => (device.lifecycle === 'managed' ? rows : [])))
  return {
    devices: acted.map(({ device }) => device),
    signals: acted.flatMap(({ before, device }) => complianceSignal(before, device, nowMs, correlationId(device))),
  }
}

async function usersOf(
  tables: JudgeTables,
  records: readonly { readonly device: Device }[],
): Promise<ReadonlyMap<string, User>> {
  const ids = new Set(records.flatMap(({ device }) => (device.userId === undefined ? [] : [device.userId])))
  return new Map((await tables.users.getMany([...ids])).map((user) => [user.id, user]))
}

type Acting = Judged & { readonly before: Device; readonly user: User | undefined }

async function carryOut(
  tables: JudgeTables,
  judged: readonly Acting[],
  context: JudgeContext,
): Promise<readonly Acting[]> {
  if (judged.every(({ dueActions }) => dueActions.length === 0)) return judged
  const templates = new Map((await tables.templates.list()).map((template) => [template.id, template]))
  const consequences: Consequences[] = []
  const acted = judged.map((entry): Acting => {
    if (entry.dueActions.length === 0) return entry
    const what = consequencesOf(entry, {
      user: entry.user,
      templates,
      ids: context.ids,
      nowMs: context.nowMs,
      correlationId: context.correlationId(entry.device),
    })
    consequences.push(what)
    return { ...entry, device: what.device, rows: what.rows }
  })
  await tables.notifications.append(consequences.flatMap(({ notifications }) => notifications))
  const actions = consequences.flatMap(({ actions: some }) => some)
  await tables.actions.put(actions)
  await tables.outbox.append(pokesOf(actions, acted, context))
  return acted
}

/** A lock that is due shall not wait for the device to look in by itself. */
function pokesOf(
  actions: readonly RemoteAction[],
  acted: readonly Acting[],
  { poke }: JudgeContext,
): ReturnType<typeof pokesFor> {
  const asked = new Set(actions.map(({ deviceId }) => deviceId))
  const devices = acted.flatMap(({ device }) => (asked.has(device.id) ? [device] : []))
  const correlationId = actions[0]?.correlationId ?? ''
  return pokesFor(devices, { ...poke, reason: 'action', correlationId })
}

function changeOf({ before, device, reasons }: Acting, context: JudgeContext): ComplianceChange[] {
  const { complianceState: from } = before
  const { id: deviceId, complianceState: to } = device
  if (from === to) return []
  const { nowMs: atMs, occasion } = context
  return [{ deviceId, atMs, from, to, occasion, correlationId: context.correlationId(device), reasons }]
}

function complianceSignal(before: Device, after: Device, nowMs: EpochMs, correlationId: string): Signal[] {
  if (before.complianceState === after.complianceState) return []
  const text = `${after.inventory.deviceName}: ${before.complianceState} → ${after.complianceState}`
  return [{ atMs: nowMs, what: 'device.compliance', text, deviceId: after.id, correlationId }]
}
