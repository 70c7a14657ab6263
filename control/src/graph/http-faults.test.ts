import { manualClock } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { createHttpFaults } from './http-faults.ts'

const NOW_MS = Date.UTC(2026, 10, 24)
const ask = (url: string) => ({ url, correlationId: 'c' })
const always = { status: 429, retryAfterMs: 90_000, share: 1 } as const

describe('faults of Graph', () => {
  it('answer in the envelope of Graph, with the time to wait in the seconds of clients', async () => {
    const faults = createHttpFaults(manualClock(NOW_MS), 60)
    faults.put('busy', { seed: 's', path: '/v1.0/**', respond: always })
    expect(await faults.meet(ask('/v1.0/users?$top=1'))).toMatchObject({
      status: 429,
      headers: { 'retry-after': '2' },
      body: { error: { code: 'TooManyRequests', innerError: { code: 'simulation/http-fault', 'request-id': 'c' } } },
    })
    for (const [status, code] of [
      [500, 'InternalServerError'],
      [502, 'BadGateway'],
      [503, 'ServiceUnavailable'],
      [504, 'GatewayTimeout'],
    ] as const) {
      faults.put('busy', { seed: 's', path: '/v1.0/**', respond: { status, share: 1 } })
      const answer = await faults.meet(ask('/v1.0/users'))
      expect(answer).toMatchObject({ status, body: { error: { code } } })
      expect(answer?.headers).toBeUndefined()
    }
  })

  it.each([
    ['/**', ['/v1.0/users', '/beta/a/b/c'], []],
    ['/v1.0/**', ['/v1.0/users', '/V1.0//users', '/v1.0'], ['/beta/users', '/v1x0/users', '/v1.00/users']],
    ['/*/users', ['/v1.0/users', '/beta/users?$top=1'], ['/v1.0/users/1', '/v1.0/a/users']],
    [
      '/beta/**/assign',
      ['/beta/deviceManagement/configurationPolicies/1/assign'],
      ['/beta/assign', '/beta/x/assigned'],
    ],
    ["/v1.0/users('*')", ["/v1.0/users('ada')"], ['/v1.0/users/ada']],
  ])('%s is about these paths and no others', async (path, about, others) => {
    const faults = createHttpFaults(manualClock(NOW_MS), 1)
    faults.put('f', { seed: 's', path, respond: always })
    for (const url of about) expect(await faults.meet(ask(url)), url).toBeDefined()
    for (const url of others) expect(await faults.meet(ask(url)), url).toBeUndefined()
    expect(faults.remove('f')).toMatchObject({ requests: about.length, answered: about.length })
    for (const url of about) expect(await faults.meet(ask(url)), url).toBeUndefined()
  })

  it('draw from a stream of their own: the same seed answers the same requests', async () => {
    const history = async (seed: string): Promise<readonly boolean[]> => {
      const faults = createHttpFaults(manualClock(NOW_MS), 1)
      faults.put('f', { seed, path: '/**', respond: { status: 503, share: 0.3 } })
      const answers: boolean[] = []
      for (let n = 0; n < 1_000; n++) answers.push((await faults.meet(ask(`/v1.0/${n}`))) !== undefined)
      expect(faults.list()).toMatchObject([{ requests: 1_000, answered: answers.filter(Boolean).length }])
      return answers
    }
    const one = await history('one')
    expect(one).toEqual(await history('one'))
    expect(one).not.toEqual(await history('other'))
    expect(one.filter(Boolean).length / 1_000).toBeCloseTo(0.3, 1)
  })

  it('let requests wait within their bounds, on the clock of the service', async () => {
    const clock = manualClock(NOW_MS)
    const faults = createHttpFaults(clock, 1)
    faults.put('slow', { seed: 's', path: '/**', latency: { minMs: 200, maxMs: 300 } })
    faults.put('slower', { seed: 't', path: '/v1.0/**', latency: { minMs: 1_000, maxMs: 1_000 } })
    let answeredMs: number | undefined
    const waiting = faults.meet(ask('/v1.0/users')).then((answer) => {
      answeredMs = clock.nowMs() - NOW_MS
      expect(answer).toBeUndefined()
    })
    clock.advance(1_199)
    await Promise.resolve()
    expect(answeredMs).toBeUndefined()
    clock.advance(101)
    await waiting
    expect(faults.remove('slow').requests).toBe(1)
    expect(faults.remove('never')).toEqual({ name: 'never', requests: 0, answered: 0 })
  })
})
