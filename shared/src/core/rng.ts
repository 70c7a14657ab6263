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
export const createRng = (seed: string | number): Rng => new SeededRng(hash128(String(seed)))

/** 99 of 100 normal variates are below. */
const NORMAL_P99 = 2.326_347_874

type Seed128 = readonly [number, number, number, number]

/** A class, since devices fork several times in a step: what is made for each fork is two words, not ten functions. */
class SeededRng implements Rng {
  readonly seed: Seed128
  generator: ReturnType<typeof xoroshiro128plusFromState> | undefined = undefined

  constructor(seed: Seed128) {
    this.seed = seed
  }

  next32(): number {
    this.generator ??= xoroshiro128plusFromState(this.seed)
    return this.generator.next() >>> 0
  }

  fork(name: string): Rng {
    return new SeededRng(hash128(name, this.seed))
  }

  // 53 bits, as Math.random has them: 27 high bits of one draw and 26 of the next.
  unit(): number {
    return ((this.next32() >>> 5) * 67_108_864 + (this.next32() >>> 6)) / 9_007_199_254_740_992
  }

  int(min: number, max: number): number {
    return min + Math.floor(this.unit() * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('pick() from an empty list')
    return items[this.int(0, items.length - 1)] as T
  }

  weighted<T extends { readonly weight: number }>(items: readonly T[]): T {
    let left = this.unit() * items.reduce((sum, item) => sum + item.weight, 0)
    for (const item of items) {
      left -= item.weight
      if (left < 0) return item
    }
    return this.pick(items.slice(-1))
  }

  jitter(value: number, share: number): number {
    return value * (1 + share * (2 * this.unit() - 1))
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.unit()) * mean
  }

  lognormal(p50: number, p99: number): number {
    // Box and Muller's way to a normal variate.
    const normal = Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit())
    return p50 * Math.exp((normal * Math.log(p99 / p50)) / NORMAL_P99)
  }

  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.next32().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
}

/** The seed of what has none: the offsets of four lanes. */
const OFFSETS: Seed128 = [0x811c9dc5, 0x9747b28c, 0x1b873593, 0xcc9e2d51]

/**
 * Four 32-bit words from a text and the four of its parent: FNV-1a lanes with different offsets and primes, each finished
 * with murmur3's avalanche.
 */
function hash128(text: string, parent: Seed128 = OFFSETS): Seed128 {
  let [a, b, c, d] = parent
  for (let i = 0; i < text.length; i++) {
    const unit16 = text.charCodeAt(i)
    a = Math.imul(a ^ unit16, 0x01000193)
    b = Math.imul(b ^ unit16, 0x85ebca6b)
    c = Math.imul(c ^ unit16, 0xc2b2ae35)
    d = Math.imul(d ^ unit16, 0x27d4eb2f)
  }
  const [first, second, third, fourth] = [avalanche(a ^ d), avalanche(b ^ a), avalanche(c ^ b), avalanche(d ^ c)]
  // xoroshiro's state must not be all zero.
  return (first | second | third | fourth) === 0 ? [1, 2, 3, 4] : [first, second, third, fourth]
}

function avalanche(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
