import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/**
 * Seeded chance with named branches. `fork(name)` depends on the seed and the name alone, never on how many numbers were
 * drawn or which forks were made before: adding a device changes nothing for the others.
 */
export interface Rng {
  /** An independent stream of chance, fixed by this stream's seed and `name`. */
  fork(name: string): Rng
  /** Uniform in [0, 1). */
  unit(): number
  /** Uniform integer in [min, max], both included. */
  int(min: number, max: number): number
  /** True with the given probability (0 to 1). */
  chance(probability: number): boolean
  /** One of the items, each equally likely. Throws on an empty list. */
  pick<T>(items: readonly T[]): T
  /** One of the items, in proportion to its `weight`. Throws on an empty list. */
  weighted<T extends { readonly weight: number }>(items: readonly T[]): T
  /** `value` spread by ±`share` (0.1 is ±10 %), uniformly. */
  jitter(value: number, share: number): number
  /** Exponentially distributed waiting time with the given mean, in the mean's unit. */
  exponential(mean: number): number
  /** Lognormally distributed: half of the values are below `p50`, 99 of 100 below `p99`, in their unit. */
  lognormal(p50: number, p99: number): number
  /** Hexadecimal digits, lower-case. */
  hex(digits: number): string
}

/** A stream of chance from a seed: any string or number; equal seeds give equal streams. */
export function createRng(seed: string | number): Rng {
  return rngOf(hash128(String(seed)))
}

/** 99 of 100 normal variates are below. */
const NORMAL_P99 = 2.326_347_874

type Seed128 = readonly [number, number, number, number]

function rngOf(seed: Seed128): Rng {
  let generator: ReturnType<typeof xoroshiro128plusFromState> | undefined
  const next32 = (): number => {
    generator ??= xoroshiro128plusFromState(seed)
    return generator.next() >>> 0
  }
  // 53 bits, as Math.random has them: 27 high bits of one draw and 26 of the next.
  const unit = (): number => ((next32() >>> 5) * 67_108_864 + (next32() >>> 6)) / 9_007_199_254_740_992
  const int = (min: number, max: number): number => min + Math.floor(unit() * (max - min + 1))
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new Error('pick() from an empty list')
    return items[int(0, items.length - 1)] as T
  }
  return {
    fork: (name) => rngOf(hash128(`${seed.join(',')}/${name}`)),
    unit,
    int,
    chance: (probability) => unit() < probability,
    pick,
    weighted: (items) => {
      let left = unit() * items.reduce((sum, item) => sum + item.weight, 0)
      for (const item of items) {
        left -= item.weight
        if (left < 0) return item
      }
      return pick(items.slice(-1))
    },
    jitter: (value, share) => value * (1 + share * (2 * unit() - 1)),
    exponential: (mean) => -Math.log(1 - unit()) * mean,
    lognormal: (p50, p99) => {
      // Box and Muller's way to a normal variate.
      const normal = Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit())
      return p50 * Math.exp((normal * Math.log(p99 / p50)) / NORMAL_P99)
    },
    hex: (digits) => {
      let text = ''
      while (text.length < digits) text += next32().toString(16).padStart(8, '0')
      return text.slice(0, digits)
    },
  }
}

/** Four 32-bit words from a text: four FNV-1a lanes with different offsets, each finished with murmur3's avalanche. */
function hash128(text: string): Seed128 {
  let a = 0x811c9dc5
  let b = 0x9747b28c
  let c = 0x1b873593
  let d = 0xcc9e2d51
  for (let i = 0; i < text.length; i++) {
    const unit16 = text.charCodeAt(i)
    a = Math.imul(a ^ unit16, 0x01000193)
    b = Math.imul(b ^ unit16, 0x85ebca6b)
    c = Math.imul(c ^ unit16, 0xc2b2ae35)
    d = Math.imul(d ^ unit16, 0x27d4eb2f)
  }
  const words: Seed128 = [avalanche(a ^ d), avalanche(b ^ a), avalanche(c ^ b), avalanche(d ^ c)]
  // xoroshiro's state must not be all zero.
  return words.every((word) => word === 0) ? [1, 2, 3, 4] : words
}

function avalanche(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
