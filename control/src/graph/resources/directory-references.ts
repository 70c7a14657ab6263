import { z } from 'zod'
import type { MemberTuple, Tables } from '../../app/ports.ts'
import { badBody } from '../body.ts'
import { notFound } from '../graph-request.ts'

/**
 * Members by references such as `https://…/directoryObjects/{id}`: users, groups and service principals by id, devices by their directory id.
 * @throws CodedError `graph/not-found` as Graph does for a reference that leads nowhere, `graph/bad-body`
 */
export async function referredMembers(
  tables: Pick<Tables, 'users' | 'devices' | 'groups' | 'servicePrincipals'>,
  references: readonly string[],
): Promise<readonly MemberTuple[]> {
  const members: MemberTuple[] = []
  for (const reference of references) {
    const id = referredId(reference)
    members.push((await memberOf(tables, id)) ?? notFound('DirectoryObject', id))
  }
  return members
}

async function memberOf(
  tables: Pick<Tables, 'users' | 'devices' | 'groups' | 'servicePrincipals'>,
  id: string,
): Promise<MemberTuple | undefined> {
  if (await tables.users.get(id)) return { type: 'user', id }
  if (await tables.groups.get(id)) return { type: 'group', id }
  const [device] = await tables.devices.findInDirectory([id])
  if (device) return { type: 'device', id: device.id }
  return (await tables.servicePrincipals.get(id)) ? { type: 'servicePrincipal', id } : undefined
}

/** Who is to own a group: users and service principals. */
export async function referredOwners(
  tables: Pick<Tables, 'users' | 'servicePrincipals'>,
  references: readonly string[],
): Promise<readonly string[]> {
  const ids: string[] = []
  for (const reference of references) {
    const id = referredId(reference)
    const owner = (await tables.users.get(id)) ?? (await tables.servicePrincipals.get(id))
    ids.push(owner?.id ?? notFound('DirectoryObject', id))
  }
  return ids
}

/** The id that a reference ends with: `…/users/{id}` or `…/users('{id}')`. */
export function referredId(reference: string): string {
  const last = reference.split('/').at(-1) ?? ''
  const id = /\('?([^')]*)'?\)$/.exec(last)?.[1] ?? last
  return id === '' ? badBody('an address of a directory object was expected', '@odata.id') : id.toLowerCase()
}

/** The body of a `$ref`. */
export const Reference = z.object({ '@odata.id': z.string().min(1).max(400) })
