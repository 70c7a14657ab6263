import { managementConformance } from '../conformance.ts'
import { appleManagement } from './management.ts'

managementConformance('Apple', appleManagement)
