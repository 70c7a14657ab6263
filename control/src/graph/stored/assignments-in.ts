import type { GraphObject, Tables } from '../../app/ports.ts'
import { badBody } from '../body.ts'
import type { EntityValue } from '../model/read-entity.ts'
import { VIRTUAL_GROUPS } from '../resources/assignments.ts'

/** Assignments in one body. */
const ASSIGNMENTS_MAX = 500

/**
 * The list of assignments in the body of `assign`; each kind of object has a name of its own for it. Groups must exist, and
 * one group is assigned once for each intent.
 */
export async function assignmentsIn(
  tables: Pick<Tables, 'groups'>,
  body: Readonly<Record<string, unknown>>,
  { ownerId, read }: { readonly ownerId: string; readonly read: (value: unknown) => EntityValue },
): Promise<readonly GraphObject[]> {
  const [key, wanted] = Object.entries(body).find(([, value]) => Array.isArray(value)) ?? []
  if (key === undefined || !Array.isArray(wanted)) return badBody('a list of assignments was expected', 'assignments')
  if (wanted.length > ASSIGNMENTS_MAX) badBody(`at most ${ASSIGNMENTS_MAX} assignments`, key)
  const seen = new Set<string>()
  const assignments: GraphObject[] = []
  for (const [index, value] of wanted.entries()) {
    const assignment = read(value)
    const target = (assignment['target'] ?? {}) as EntityValue
    const at = `${key}.${index}.target`
    const kind = String(target['@odata.type'] ?? '').replace(/^#microsoft\.graph\./, '')
    const groupId = target['groupId']
    if (typeof groupId === 'string' && !(await tables.groups.get(groupId)))
      badBody(`there is no group ${groupId}`, `${at}.groupId`)
    if (kind === '') badBody('an assignment has a target', at)
    const intent = assignment['intent']
    const place = String(groupId ?? VIRTUAL_GROUPS[kind] ?? kind)
    const id = [ownerId, place, ...(typeof intent === 'string' ? [intent] : [])].join('_')
    if (seen.has(id)) badBody('a group can be assigned or excluded once', at)
    seen.add(id)
    assignments.push({ ...assignment, id })
  }
  return assignments
}
