import type { DeviceTrace, Stats } from '@muster/shared/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Live, startLive } from '../test-support/live.ts'

const PATIENT = { timeout: 60_000, interval: 100 }
/** Audit events correlate by GUID. */
const WALK = 'd6a1f6a0-7c55-4c0e-9b1e-3f0c2a9d4e11'
const COMPLIANCE = '/v1.0/deviceManagement/deviceCompliancePolicies'
const DEVICES = 3

let live: Live
beforeAll(async () => {
  live = await startLive()
  await live.client.call('POST', '/v1.0/users', {
    userPrincipalName: 'user00001@contoso.example',
    displayName: 'Ada',
    mailNickname: 'ada',
    accountEnabled: true,
    passwordProfile: { password: 'not-kept-anywhere' },
  })
  await live.client.call('POST', '/_muster/population', {
    seed: 'walks',
    users: { count: 1, domain: 'contoso.example' },
    groups: [
      {
        name: 'laptops',
        platform: 'windows',
        mode: 'autopilot',
        count: DEVICES,
        temperament: { driftFactor: 0, applyFailure: 0, restartAfterMs: 60_000, userActsAfterMs: 60_000 },
      },
    ],
  })
  // The devices know of it as well: who is not enrolled does not hear a poke.
  await vi.waitFor(async () => expect((await stats()).workers[0]?.devices['enrolled']).toBe(DEVICES), PATIENT)
}, 120_000)
afterAll(() => live?.[Symbol.asyncDispose]())

interface Entity {
  readonly id: string
  readonly [property: string]: unknown
}

const stats = async (): Promise<Stats> => (await live.client.call('GET', '/_muster/stats')) as Stats
const trace = async (id: string): Promise<DeviceTrace> =>
  (await live.client.call('GET', `/_muster/devices/${id}/trace`)) as DeviceTrace
const managedDevices = async (): Promise<readonly Entity[]> =>
  ((await live.client.call('GET', '/v1.0/deviceManagement/managedDevices')) as { value: Entity[] }).value

/** A compliance policy for everybody; answers its id. The assignment carries the correlation id. */
async function publish(correlationId: string): Promise<string> {
  const policy = (await live.client.call('POST', COMPLIANCE, {
    '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
    displayName: correlationId,
    bitLockerEnabled: true,
    scheduledActionsForRule: [
      { ruleName: 'PasswordRequired', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] },
    ],
  })) as Entity
  const answer = await live.raw('POST', `${COMPLIANCE}/${policy.id}/assign`, {
    headers: {
      authorization: await live.client.authorization(),
      'content-type': 'application/json',
      'client-request-id': correlationId,
    },
    body: JSON.stringify({
      assignments: [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }],
    }),
  })
  expect([answer.status, answer.headers['client-request-id']]).toEqual([200, correlationId])
  return policy.id
}

describe('the walks, by correlation id', () => {
  it('a policy: request, audit event, target, check-in, report of every device', async () => {
    await publish(WALK)
    const { value: events } = (await live.client.call('GET', '/v1.0/deviceManagement/auditEvents')) as {
      value: Entity[]
    }
    expect(events.filter((event) => event['correlationId'] === WALK)).toHaveLength(1)
    const devices = await managedDevices()
    expect(devices).toHaveLength(DEVICES)
    for (const { id } of devices) {
      await vi.waitFor(async () => {
        const story = (await trace(id)).entries.filter((entry) => entry.correlationId === WALK)
        expect(new Set(story.map(({ what }) => what))).toEqual(new Set(['audit', 'policy', 'device', 'report']))
        expect(story.at(-1)?.text).toContain('policies')
        expect(story.find(({ what }) => what === 'device')?.text).toBe('poked')
      }, PATIENT)
    }
  })

  it('a report: drift on the device, its own id, commit, compliance, Graph', async () => {
    const drift = async (share: number, encrypted: boolean): Promise<void> => {
      const selector = { group: 'laptops', share, salt: 'walk' }
      await live.client.call('POST', '/_muster/orders', { order: 'drift', selector, posture: { encrypted } })
      await live.client.call('POST', '/_muster/orders', { order: 'sync', selector })
    }
    await drift(1, true)
    await vi.waitFor(async () => {
      expect((await managedDevices()).map(({ complianceState }) => complianceState)).toEqual(
        Array(DEVICES).fill('compliant'),
      )
    }, PATIENT)
    await drift(1 / DEVICES, false)
    const drifted = await vi.waitFor(async () => {
      const found = (await managedDevices()).filter(({ complianceState }) => complianceState === 'noncompliant')
      expect(found).toHaveLength(1)
      return found[0] as Entity
    }, PATIENT)
    const { entries, explanation } = await trace(drifted.id)
    const verdict = entries.findLast(({ what }) => what === 'compliance')
    expect(verdict?.text).toMatch(/^compliant → noncompliant by a report \(.+: bitLockerEnabled nonCompliant\)$/)
    const report = entries.filter(({ what, atMs }) => what === 'report' && atMs === verdict?.atMs)
    expect(report).toHaveLength(1)
    expect(report[0]?.correlationId).toBe(verdict?.correlationId)
    expect(explanation.because[1]?.text).toMatch(/^encrypted = false at .+, by a drift step of the scenario$/)
    expect(report[0]?.correlationId).not.toBe(WALK)
  })
})

describe('a door that is pushed', () => {
  it.each<[string, string, string, string | undefined, number, string]>([
    ['no token', 'GET', '/v1.0/users', undefined, 401, 'InvalidAuthenticationToken'],
    ['a token of somebody else', 'GET', '/v1.0/users', 'Bearer e30.e30.e30', 401, 'InvalidAuthenticationToken'],
    [
      'what is not there',
      'GET',
      '/v1.0/users/00000000-0000-4000-8000-000000000000',
      'own',
      404,
      'Request_ResourceNotFound',
    ],
    ['what is not served', 'GET', '/v1.0/drives', 'own', 501, 'NotImplemented'],
    ['a method that is not', 'DELETE', '/v1.0/users', 'own', 405, 'Request_BadRequest'],
    [
      'a filter that is none',
      'GET',
      '/v1.0/deviceManagement/managedDevices?$filter=deviceName%20eq',
      'own',
      400,
      'BadRequest',
    ],
    ['a page that is none', 'GET', '/v1.0/users?$top=many', 'own', 400, 'Request_BadRequest'],
  ])('%s → %s %s is answered as Graph does', async (_what, method, path, token, status, code) => {
    const authorization = token === 'own' ? await live.client.authorization() : token
    const answer = await live.raw(method, path, { headers: authorization ? { authorization } : {} })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code, innerError: { 'request-id': expect.any(String) } } })
  })

  it('answers every request in the right form, never with a failure of its own', async () => {
    const authorization = await live.client.authorization()
    const segment = fc.oneof(
      fc.constantFrom(
        'v1.0',
        'beta',
        '_muster',
        'users',
        'groups',
        'deviceManagement',
        'managedDevices',
        '$batch',
        '$count',
        "('x')",
        'assign',
        '%00',
        '..',
        '%2e%2e',
      ),
      fc.webSegment({ size: 'small' }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE'),
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.webQueryParameters({ size: 'small' }),
        fc.oneof(fc.json({ maxDepth: 3 }), fc.string({ maxLength: 60 })),
        async (method, segments, query, body) => {
          const path = `/${segments.join('/')}${query === '' ? '' : `?${query}`}`
          const headers = { authorization, 'content-type': 'application/json' }
          const answer = await live.raw(method, path, { headers, ...(method === 'GET' ? {} : { body }) })
          expect([path, answer.status]).not.toEqual([path, 500])
          if (answer.status >= 400) expect(JSON.parse(answer.text)).toHaveProperty('error')
        },
      ),
      { numRuns: 300 },
    )
    expect((await stats()).devices.managed).toBe(DEVICES)
  }, 120_000)
})
