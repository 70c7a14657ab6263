import { expect, it } from 'vitest'
import { createRng } from './rng.ts'

it('draws lognormal times whose median and 99th percentile are what was asked for', () => {
  const chance = createRng('times')
  const draws = Array.from({ length: 20_000 }, () => chance.lognormal(4_000, 40_000)).sort((a, b) => a - b)
  const at = (share: number): number => draws[Math.floor(draws.length * share)] ?? 0
  expect(at(0.5)).toBeGreaterThan(3_800)
  expect(at(0.5)).toBeLessThan(4_200)
  expect(at(0.99)).toBeGreaterThan(35_000)
  expect(at(0.99)).toBeLessThan(45_000)
  expect(at(0)).toBeGreaterThan(0)
})
