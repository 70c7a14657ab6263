import type { Population, Stats } from '@muster/shared/contracts'
import { createMany } from '../src/client/graph.ts'
import type { HttpClient } from '../src/client/http-client.ts'

/** What says of a body that it is a compliance policy for Windows. */
export const WINDOWS_POLICY = { '@odata.type': '#microsoft.graph.windows10CompliancePolicy' } as const

const POLL_MS = 200
const LIMIT_MS = 300_000

/** What the service says of itself. */
export const stats = async (client: HttpClient): Promise<Stats> => (await client.call('GET', '/_muster/stats')) as Stats

/** @throws Error when it does not hold after five minutes */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} took longer than ${LIMIT_MS / 1_000} s`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Make so many quiet Windows devices and wait until they are managed; answers the seconds. */
export async function enrol(client: HttpClient, devices: number): Promise<number> {
  await createMany(client, '/users', [
    { userPrincipalName: 'user00001@bench.example', displayName: 'User 1', accountEnabled: true },
  ])
  const population: Population = {
    seed: 'bench',
    users: { count: 1, domain: 'bench.example' },
    enrolOverMs: 0,
    enrolRampMs: 0,
    groups: [{ name: 'laptops', platform: 'windows', mode: 'bulk', count: devices, first: 1, temperament: still }],
  }
  const from = performance.now()
  await client.call('POST', '/_muster/population', population)
  await until('enrolment', async () => (await stats(client)).devices.managed >= devices)
  return (performance.now() - from) / 1_000
}

const still: Population['groups'][number]['temperament'] = {
  checkInJitter: 0.1,
  applyFailure: 0,
  driftFactor: 0,
  selfHeal: 0,
  selfHealAfterMs: 0,
  restartAfterMs: 60_000,
  userActsAfterMs: 60_000,
}

/** Give every device a compliance policy and wait until all have reported on it. */
export async function publish(client: HttpClient, devices: number): Promise<{ policyId: string; seconds: number }> {
  const base = '/v1.0/deviceManagement/deviceCompliancePolicies'
  const { id } = (await client.call('POST', base, {
    ...WINDOWS_POLICY,
    displayName: 'bench',
    activeFirewallRequired: true,
    secureBootEnabled: true,
    scheduledActionsForRule: [
      {
        ruleName: 'PasswordRequired',
        scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }],
      },
    ],
  })) as { id: string }
  const from = performance.now()
  await client.call('POST', `${base}/${id}/assign`, {
    assignments: [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }],
  })
  await until('the policy', async () => {
    const { policies } = await stats(client)
    return (policies.find(({ policyId }) => policyId === id)?.reported ?? 0) >= devices
  })
  return { policyId: id, seconds: (performance.now() - from) / 1_000 }
}
