import type { DeclaredProperty } from './declarations.ts'
import { edmOf } from './edm-facts.ts'

interface Rule {
  readonly name?: RegExp
  readonly comment?: RegExp
  readonly edm: string
}

/** In this order; the first that fits wins. */
const strings: readonly Rule[] = [
  { name: /(DateTime|DateTimeUTC|DateTimeUtc)$/, edm: 'Edm.DateTimeOffset' },
  { name: /Duration$/, edm: 'Edm.Duration' },
  { name: /^(appRoleId|disabledPlans|skuId|tokenEncryptionKeyId)$/, edm: 'Edm.Guid' },
  { name: /^trustedRootCertificate$|[sS]criptContent$|OnboardingBlob$|OffboardingBlob$/, edm: 'Edm.Binary' },
]

const numbers: readonly Rule[] = [
  { comment: /E\+308/, edm: 'Edm.Double' },
  { comment: /-2147483648/, edm: 'Edm.Int32' },
  { comment: /-9\.22337203685478E/, edm: 'Edm.Int64' },
  { name: /^(altitude|latitude|longitude)$|(Score|Percentage|Rate|Ratio)$/, edm: 'Edm.Double' },
  { name: /^(size|count[A-Z].*)$|(InBytes?|Size|PageCount|SheetCount|JobCount)$/, edm: 'Edm.Int64' },
]

/** The EDM type of a property that is a `string`, a `number`, a `boolean` or anything in the declarations of `owner`. */
export function edmTypeOf(owner: string, { name, type, comment }: DeclaredProperty): string {
  const known = edmOf.get(`${owner}.${name}`)
  if (known !== undefined) return known
  if (type === 'boolean') return 'Edm.Boolean'
  if (type === 'any') return 'Edm.Stream'
  const rules = type === 'string' ? strings : numbers
  const rule = rules.find((each) => (each.name?.test(name) ?? true) && (each.comment?.test(comment) ?? true))
  return rule?.edm ?? (type === 'string' ? 'Edm.String' : 'Edm.Int32')
}
