import { managementConformance } from '../conformance.ts'
import { androidManagement } from './management.ts'

managementConformance('android', androidManagement)
