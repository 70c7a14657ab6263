export { type AssignmentFilterRule, parseAssignmentFilter } from './assignment-filter.ts'
export type { ComparisonOperator, Expression, Literal, RuleSubject, RuleValue } from './expression.ts'
export { type MembershipRule, parseMembershipRule } from './membership-rule.ts'
export { type ODataFilter, parseODataFilter } from './odata-filter.ts'
