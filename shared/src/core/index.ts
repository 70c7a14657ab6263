export * from './bus.ts'
export * from './clock.ts'
export * from './result.ts'
export * from './rng.ts'
