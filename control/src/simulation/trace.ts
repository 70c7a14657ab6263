import { DeviceAccount, type DeviceTrace, Guid } from '@muster/shared/contracts'
import type { Control } from '../control.ts'
import type { DeviceFacts } from '../domain/explain/device-facts.ts'
import { explainDevice } from '../domain/explain/explain-device.ts'

/** Reports and changes of compliance that a story goes back to. */
const REPORTS = 200
const CHANGES = 100

/**
 * A device's story, oldest first, and why it is as it is. By its id; a device that has never been enrolled goes by its name
 * in the simulation. `undefined`: nobody knows such a device.
 */
export async function traceOf(control: Control, name: string): Promise<DeviceTrace | undefined> {
  const { store } = control.deps
  if (!Guid.safeParse(name).success) {
    const inspection = await askAll(control, name)
    const account = accountOf(inspection)
    if (!account) return undefined
    if (account.deviceId !== undefined) return traceOf(control, account.deviceId)
    const facts = { ...(await tenantFacts(control)), ...nothing, userExists: false, account }
    return told(facts, { deviceName: account.key, device: JSON.parse(JSON.stringify(inspection)) })
  }
  const [device] = await store.devices.getMany([name])
  if (!device) return undefined
  const inspection = await ask(control, device.agentId, { deviceId: name })
  const account = accountOf(inspection)
  const facts = {
    ...(await tenantFacts(control)),
    ...(await ownFacts(control, device)),
    ...(account ? { account } : {}),
  }
  return told(facts, {
    deviceId: name,
    deviceName: device.inventory.deviceName,
    service: JSON.parse(JSON.stringify({ ...device, policies: facts.rows })),
    ...(inspection === undefined ? {} : { device: JSON.parse(JSON.stringify(inspection)) }),
  })
}

function told(facts: DeviceFacts, rest: Omit<DeviceTrace, 'explanation' | 'entries'>): DeviceTrace {
  const { timeline, summary, because } = explainDevice(facts)
  return { ...rest, explanation: { summary, because }, entries: timeline }
}

const nothing = { rows: [], changes: [], actions: [], certificates: [], reports: [], audit: [] } as const

async function tenantFacts({ deps }: Control): Promise<Pick<DeviceFacts, 'nowMs' | 'policies' | 'settings'>> {
  const { store, clock } = deps
  const [policies, settings] = await Promise.all([store.policies.list(), store.settings.get()])
  return { nowMs: clock.nowMs(), policies, settings }
}

type Device = NonNullable<DeviceFacts['device']>

async function ownFacts({ deps }: Control, device: Device) {
  const { store } = deps
  const [reports, actions, certificates, rows, changes, users] = await Promise.all([
    store.reports.forDevice(device.id, REPORTS),
    store.actions.forDevice(device.id),
    store.certificates.forDevices([device.id]),
    store.devicePolicies.forDevices([device.id]),
    store.complianceChanges.forDevice(device.id, CHANGES),
    store.users.getMany(device.userId === undefined ? [] : [device.userId]),
  ])
  const correlationIds = new Set([...rows, ...actions, ...changes].map(({ correlationId }) => correlationId))
  return {
    device,
    rows,
    reports: reports.toReversed(),
    actions: actions.toSorted((a, b) => a.requestedAtMs - b.requestedAtMs),
    certificates,
    changes: changes.toReversed(),
    audit: await store.audit.forCorrelations([...correlationIds]),
    userExists: device.userId === undefined || users[0]?.accountEnabled === true,
  }
}

type Whom = { readonly deviceId: string } | { readonly deviceKey: string }

/** The device's own state, if its worker answers. */
async function ask({ workers }: Control, agentId: string, whom: Whom): Promise<unknown> {
  try {
    return (await workers.order(agentId, { order: 'inspect', ...whom })).inspection
  } catch {
    return undefined
  }
}

async function askAll(control: Control, deviceKey: string): Promise<unknown> {
  for (const { hello } of control.workers.reachable()) {
    const inspection = await ask(control, hello.agentId, { deviceKey })
    if (inspection !== undefined) return inspection
  }
  return undefined
}

const accountOf = (inspection: unknown): DeviceAccount | undefined => DeviceAccount.safeParse(inspection).data
