import type { EnumType } from './entity-model.ts'

/** A value as Graph spells it; nothing for one that is no member, or no combination of members where these are flags. */
export function enumValue({ members, flags }: EnumType, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const given = flags ? value.split(',') : [value]
  const found = given.map((each) => members.find((member) => member.toLowerCase() === each.trim().toLowerCase()))
  return found.includes(undefined) ? undefined : [...new Set(found)].join(',')
}

/** What Graph shows for an enumeration that nobody has set: the member that stands for nothing, which is the first. */
export const unsetEnum = ({ members }: EnumType): string => (members.includes('none') ? 'none' : (members[0] ?? ''))
