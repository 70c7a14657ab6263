export { type AppliedPolicy, appliedPolicies } from './applied.ts'
export { evaluatePolicies } from './evaluate.ts'
export { type Access, decideAccess } from './grant.ts'
export type { AccessPolicy, NamedLocation, SignIn } from './policy.ts'
