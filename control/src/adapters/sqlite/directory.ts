import type { Groups, MemberTuple, Tokens, Users } from '../../app/ports.ts'
import type { GroupColumn, UserColumn } from '../../app/row-query.ts'
import type { EnrolmentToken, Group, User } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { noteChange } from './directory-changes.ts'
import { documents } from './documents.ts'
import { listsOf, type RowCache } from './row-cache.ts'
import { countRows, queryRows, type RowsFrom } from './row-query.ts'
import { bodies, type Columns, fold, LISTED, list } from './rows.ts'

const folded = (text: string | undefined): string | null => (text === undefined ? null : fold(text))

const userColumns: Columns<User> = {
  principalName: (user) => fold(user.userPrincipalName),
  displayName: (user) => fold(user.displayName),
  mail: (user) => folded(user.mail),
  department: (user) => folded(user.department),
  jobTitle: (user) => folded(user.jobTitle),
  country: (user) => folded(user.country),
  preferredLanguage: (user) => folded(user.preferredLanguage),
  accountEnabled: (user) => Number(user.accountEnabled),
  createdAtMs: (user) => user.createdAtMs,
}

const usersFrom: RowsFrom<User, UserColumn> = {
  from: 'directory_user',
  where: '1',
  select: 'body',
  read: bodies,
  columns: {
    id: { sql: 'id' },
    userPrincipalName: { sql: 'principalName' },
    displayName: { sql: 'displayName' },
    mail: { sql: 'mail' },
    department: { sql: 'department' },
    jobTitle: { sql: 'jobTitle' },
    country: { sql: 'country' },
    preferredLanguage: { sql: 'preferredLanguage' },
    accountEnabled: { sql: 'accountEnabled' },
    createdAtMs: { sql: 'createdAtMs' },
  },
}

const groupColumns: Columns<Group> = {
  displayName: (group) => fold(group.displayName),
  description: (group) => folded(group.description),
  membershipRule: (group) => folded(group.dynamic?.rule),
  processing: (group) => folded(group.dynamic?.processing),
  createdAtMs: (group) => group.createdAtMs,
}

const groupsFrom: RowsFrom<Group, GroupColumn> = {
  from: 'directory_group',
  where: '1',
  select: 'body',
  read: bodies,
  columns: {
    id: { sql: 'id' },
    displayName: { sql: 'displayName' },
    description: { sql: 'description' },
    membershipRule: { sql: 'membershipRule' },
    processing: { sql: 'processing' },
    createdAtMs: { sql: 'createdAtMs' },
  },
}

export function users(database: Database): Users {
  const some = (where: string, values: readonly string[]): readonly User[] =>
    bodies<User>(database.all(`SELECT body FROM directory_user WHERE ${where} IN ${LISTED}`, list(values)))
  const own = documents<User>(database, 'directory_user', userColumns)
  return {
    ...own,
    put: async (user) => {
      await own.put(user)
      noteChange(database, 'user', user.id)
    },
    delete: async (id) => {
      const isGone = await own.delete(id)
      if (isGone) noteChange(database, 'user', id, true)
      return isGone
    },
    query: async (query) => queryRows(database, usersFrom, query),
    count: async (filter) => countRows(database, usersFrom, filter),
    findByPrincipalName: async (names) =>
      some(
        'principalName',
        names.map((name) => name.toLowerCase()),
      ),
    getMany: async (ids) => some('id', ids),
  }
}

const INSERT_MEMBER = 'INSERT OR IGNORE INTO group_member (groupId, memberId, type) VALUES (?, ?, ?)'
const DELETE_MEMBERS = `DELETE FROM group_member WHERE groupId = ? AND memberId IN ${LISTED} RETURNING memberId, type`

/** `cache` holds the groups of a member by the member's id. */
export function groups(database: Database, cache?: RowCache<readonly string[]>): Groups {
  const own = documents<Group>(database, 'directory_group', groupColumns)
  return {
    ...own,
    query: async (query) => queryRows(database, groupsFrom, query),
    count: async (filter) => countRows(database, groupsFrom, filter),
    put: async (group) => {
      await own.put(group)
      noteChange(database, 'group', group.id)
    },
    delete: async (id) => {
      cache?.clear()
      database.run('DELETE FROM group_member WHERE groupId = ?', id)
      for (const { groupId } of database.all('DELETE FROM group_member WHERE memberId = ? RETURNING groupId', id))
        noteChange(database, 'groupMember', `${groupId}/${id}`, true)
      const isGone = await own.delete(id)
      if (isGone) noteChange(database, 'group', id, true)
      return isGone
    },
    groupsOf: async (memberIds) => {
      const sql = `SELECT memberId, groupId FROM group_member WHERE memberId IN ${LISTED}`
      return listsOf(cache, memberIds, (missing) => {
        const byMember = Map.groupBy(database.all(sql, list(missing)), (row) => String(row['memberId']))
        return new Map([...byMember].map(([id, rows]) => [id, rows.map((row) => String(row['groupId']))]))
      })
    },
    members: async (groupId) =>
      database
        .all('SELECT memberId, type FROM group_member WHERE groupId = ? ORDER BY memberId', groupId)
        .map((row): MemberTuple => ({ id: String(row['memberId']), type: row['type'] as MemberTuple['type'] })),
    add: async (groupId, members) => {
      for (const { id, type } of members) {
        cache?.forget(id)
        const isNew = database.run(INSERT_MEMBER, groupId, id, type) > 0
        if (isNew) noteChange(database, `${type}Member`, `${groupId}/${id}`)
      }
    },
    remove: async (groupId, memberIds) => {
      for (const id of memberIds) cache?.forget(id)
      for (const { memberId, type } of database.all(DELETE_MEMBERS, groupId, list(memberIds)))
        noteChange(database, `${type as MemberTuple['type']}Member`, `${groupId}/${memberId}`, true)
    },
  }
}

export function tokens(database: Database): Tokens {
  const own = documents<EnrolmentToken>(database, 'enrolment_token', {
    secretSha256: (token) => token.secretSha256,
    uses: (token) => token.uses,
  })
  return {
    ...own,
    findBySecret: async (secrets) =>
      bodies<EnrolmentToken>(
        database.all(`SELECT body FROM enrolment_token WHERE secretSha256 IN ${LISTED}`, list(secrets)),
      ),
    use: async (id, times) => {
      const token = await own.get(id)
      if (token) await own.put({ ...token, uses: token.uses + times })
    },
  }
}
