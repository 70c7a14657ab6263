import { platformConformance } from '../conformance.ts'
import { android } from './platform.ts'
import { samples } from './samples.test-support.ts'

platformConformance(android, { protocols: ['amapi'], samples })
