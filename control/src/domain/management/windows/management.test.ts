import { managementConformance } from '../conformance.ts'
import { windowsManagement } from './management.ts'

managementConformance('windows', windowsManagement)
