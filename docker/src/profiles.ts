import { type Check, enrolledAndCompliant, families, hardened, memoryBelow } from './checks.ts'
import { comesBack, goesOnWithout, runs } from './recovery.ts'

/** What is verified of a profile of the Compose file, in order. */
export interface Profile {
  readonly name: string
  /** What is started, with all that it needs. @default everything in the profile */
  readonly services?: readonly string[]
  readonly checks: readonly Check[]
}

/** The workers, and the operating systems of their devices as Graph has them. */
const WORKERS = {
  windows: ['Windows'],
  apple: ['macOS', 'iOS', 'iPadOS', 'tvOS', 'visionOS'],
  android: ['Android'],
  linux: ['Linux'],
}

export const profiles: readonly Profile[] = [
  {
    name: 'demo',
    checks: [
      hardened,
      enrolledAndCompliant(2_000, 0.9),
      families(WORKERS),
      memoryBelow(1_024),
      comesBack('control', 2_000),
      comesBack('nats', 2_000),
    ],
  },
  {
    name: 'scale',
    checks: [hardened, enrolledAndCompliant(10_000, 0.9), memoryBelow(2_048), comesBack('worker-windows', 10_000)],
  },
  {
    name: 'cluster',
    checks: [
      hardened,
      enrolledAndCompliant(1_000, 0.9),
      goesOnWithout('nats-1', 1_000),
      goesOnWithout('nats-2', 1_000),
      comesBack('nats-3', 1_000),
    ],
  },
  {
    name: 'chaos',
    services: Object.keys(WORKERS).map((family) => `worker-${family}`),
    checks: [
      hardened,
      runs('runner', /reports .*applied twice/),
      // The verdict of a run is what the command ends with, also when it is not a good one.
      runs('runner', /has \d+ devices already/, 3),
    ],
  },
  {
    name: 'intercept',
    checks: [hardened, enrolledAndCompliant(2_000, 0.9), runs('client', /^2000 devices$/m)],
  },
]
