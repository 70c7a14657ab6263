import { platformConformance } from '../conformance.ts'
import { windows } from './platform.ts'
import { samples } from './samples.test-support.ts'

platformConformance(windows, { protocols: ['omadm'], samples })
