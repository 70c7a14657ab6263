export { type AssignmentFilterRule, parseAssignmentFilter } from './assignment-filter.ts'
export { parseDeviceFilter } from './device-filter.ts'
export { type MembershipRule, parseMembershipRule } from './membership-rule.ts'
export { propertiesOf } from './properties-of.ts'
