import { platformConformance } from '../conformance.ts'
import { ios } from '../ios/platform.ts'
import { ipados } from '../ipados/platform.ts'
import { macos } from '../macos/platform.ts'
import { tvos } from '../tvos/platform.ts'
import { visionos } from '../visionos/platform.ts'
import { samples } from './samples.test-support.ts'

for (const platform of [macos, ios, ipados, tvos, visionos]) {
  platformConformance(platform, {
    protocols: ['apple-mdm', 'apple-ddm'],
    samples,
  })
}
