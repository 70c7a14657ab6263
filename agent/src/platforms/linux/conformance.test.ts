import { platformConformance } from '../conformance.ts'
import { linux } from './platform.ts'
import { samples } from './samples.test-support.ts'

platformConformance(linux, { protocols: ['linux'], samples })
