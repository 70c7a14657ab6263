import { ok, type Refusal, type Result, refuse } from '@muster/shared/core'
import type { Licence } from './model.ts'

/** What a tenant subscribes to, and the parts of it. Ids: Microsoft, "Product names and service plan identifiers for licensing". */
export interface Subscription {
  readonly skuId: string
  readonly partNumber: string
  /** Users that may have it. */
  readonly units: number
  readonly plans: readonly { readonly id: string; readonly name: string }[]
}

const UNITS = 1_000_000
const INTUNE = { id: 'c1ec4a95-1f05-45b3-a911-aa3fa01094f5', name: 'INTUNE_A' }
const PREMIUM = { id: '41781fb2-bc02-4b7c-bd55-b576c07bb09d', name: 'AAD_PREMIUM' }
const PREMIUM_2 = { id: 'eec0eb4f-6444-4f95-aba0-50c24d67f998', name: 'AAD_PREMIUM_P2' }

export const subscriptions: readonly Subscription[] = [
  { skuId: '061f9ace-7d42-4136-88ac-31dc755f143f', partNumber: 'INTUNE_A', units: UNITS, plans: [INTUNE] },
  {
    skuId: 'b05e124f-c7cc-45a0-a6aa-8cf78c946968',
    partNumber: 'EMSPREMIUM',
    units: UNITS,
    plans: [INTUNE, PREMIUM, PREMIUM_2],
  },
]

/**
 * The licences of a user after some are given and others taken away. Refuses `graph/bad-body`, at the part of the request
 * that is wrong: a subscription or a plan that the tenant does not have, and one to take away that the user does not have.
 */
export function relicensed(
  had: readonly Licence[],
  { add, remove }: { readonly add: readonly Licence[]; readonly remove: readonly string[] },
): Result<readonly Licence[]> {
  for (const { skuId, disabledPlans } of add) {
    const subscription = subscriptions.find((each) => each.skuId === skuId)
    if (!subscription) return bad(`License ${skuId} does not correspond to a valid company License.`, 'addLicenses')
    const unknown = disabledPlans.find((id) => !subscription.plans.some((plan) => plan.id === id))
    if (unknown !== undefined) return bad(`The plan ${unknown} is no part of ${skuId}.`, 'addLicenses')
  }
  const missing = remove.find((skuId) => !had.some((licence) => licence.skuId === skuId))
  if (missing !== undefined) return bad(`User does not have a corresponding license ${missing}.`, 'removeLicenses')
  const replaced = new Set([...remove, ...add.map(({ skuId }) => skuId)])
  return ok([...had.filter(({ skuId }) => !replaced.has(skuId)), ...add])
}

const bad = (message: string, at: string): { readonly ok: false; readonly refusal: Refusal } =>
  refuse('graph/bad-body', message, at)
