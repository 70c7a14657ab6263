import { type Check, enrolledAndCompliant, families, hardened, memoryBelow } from './checks.ts'
import { comesBack } from './recovery.ts'

/** What is verified of a profile of the Compose file, in order. */
export interface Profile {
  readonly name: string
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
]
