export { evaluatePolicies } from './evaluate.ts'
export type { AccessPolicy, NamedLocation, SignIn } from './policy.ts'
