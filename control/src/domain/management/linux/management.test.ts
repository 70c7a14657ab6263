import { managementConformance } from '../conformance.ts'
import { linuxManagement } from './management.ts'

managementConformance('linux', linuxManagement)
