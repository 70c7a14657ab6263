export { type AssignmentFilterRule, parseAssignmentFilter } from './assignment-filter.ts'
export type { Expression, Literal } from './expression.ts'
export { type MembershipRule, parseMembershipRule } from './membership-rule.ts'
export { parseODataFilter } from './odata-filter.ts'
