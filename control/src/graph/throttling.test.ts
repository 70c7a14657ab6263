import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createThrottle } from './throttling.ts'

const write = { appId: 'a', method: 'POST', path: '/deviceManagement/deviceCategories' }

describe('limits', () => {
  it('are none until they are switched on', () => {
    const throttle = createThrottle(() => 0)
    for (let count = 0; count < 10_000; count++) expect(throttle.take(write)).toEqual({ headers: {} })
  })

  it('are of an application, of the tenant, and of a service', () => {
    const throttle = createThrottle(() => 0, 1)
    const taken = (request: typeof write): number => {
      let count = 0
      while (throttle.take(request).retryAfterS === undefined) count++
      return count
    }
    expect(taken(write)).toBe(100)
    expect(taken({ ...write, appId: 'b' })).toBe(100)
    // The tenant's own limit is used up by the two.
    expect(taken({ ...write, appId: 'c' })).toBe(0)
    expect(taken({ ...write, path: '/deviceManagement/managedDevices/x/syncDevice' })).toBe(200)
    expect(taken({ ...write, method: 'GET' })).toBe(900)
  })

  it('tell when they are near, and off again forget', () => {
    const throttle = createThrottle(() => 0, 0.1)
    const shares = Array.from({ length: 10 }, () => throttle.take(write).headers['x-ms-throttle-limit-percentage'])
    expect(shares).toEqual([...Array(7).fill(undefined), '0.8', '0.9', '1.0'])
    expect(throttle.take(write).retryAfterS).toBe(2)
    throttle.set(undefined)
    expect(throttle.take(write)).toEqual({ headers: {} })
  })

  it('let a request in that comes when it was told to, whatever came before', () => {
    const gaps = fc.array(fc.nat({ max: 3_000 }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(gaps, fc.double({ min: 0.01, max: 0.2, noNaN: true }), (waits, scale) => {
        let nowMs = 0
        const throttle = createThrottle(() => nowMs, scale)
        for (const wait of waits) {
          nowMs += wait
          const { retryAfterS } = throttle.take(write)
          if (retryAfterS === undefined) continue
          nowMs += retryAfterS * 1_000
          expect(throttle.take(write).retryAfterS).toBeUndefined()
        }
      }),
    )
  })
})
