import type { IdentityDeps } from './identity-deps.ts'

const ANY_TENANT = new Set(['common', 'organizations'])

/** Whether an address means this tenant: by its id, one of its domains, or a word for whichever the user is of. */
export function isOwnTenant({ tenantId, tenant }: Pick<IdentityDeps, 'tenantId' | 'tenant'>, name: string): boolean {
  const wanted = name.toLowerCase()
  return wanted === tenantId || ANY_TENANT.has(wanted) || wanted === tenant || wanted.startsWith(`${tenant}.`)
}
