import type { PlatformName } from '@muster/shared/contracts'
import type { AssignmentFilter } from '../domain/model.ts'
import type { filterDevice } from '../domain/rule-subjects.ts'
import { parseAssignmentFilter } from '../domain/rules/index.ts'

/** Filter id → whether it matches a device; `undefined` where the filter is for other platforms. */
export type FilterMatchers = ReadonlyMap<
  string,
  (platform: PlatformName, subject: ReturnType<typeof filterDevice>) => boolean | undefined
>

/** The filters for devices, parsed once. */
export function filterMatchers(filters: readonly AssignmentFilter[]): FilterMatchers {
  return new Map(
    filters.flatMap(({ id, rule, platforms, managementType }) => {
      const [first] = platforms
      const parsed = first === undefined ? undefined : parseAssignmentFilter(rule, first, managementType)
      if (!parsed?.ok || managementType !== 'devices') return []
      const { matches } = parsed.value
      return [[id, (platform, subject) => (platforms.includes(platform) ? matches(subject) : undefined)] as const]
    }),
  )
}
