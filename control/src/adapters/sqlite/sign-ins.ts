import type { SignIns } from '../../app/ports.ts'
import type { SignInColumn } from '../../app/row-query.ts'
import type { SignInEvent } from '../../domain/sign-in-event.ts'
import type { Database } from './database.ts'
import { countRows, queryRows, type RowsFrom } from './row-query.ts'
import { bodies, type Columns, fold, upsertAll } from './rows.ts'

const columns: Columns<SignInEvent> = {
  id: (event) => event.id,
  atMs: (event) => event.atMs,
  kind: (event) => fold(event.kind),
  correlationId: (event) => fold(event.correlationId),
  userId: (event) => event.user?.id ?? '',
  userPrincipalName: (event) => fold(event.user?.principalName ?? ''),
  userDisplayName: (event) => fold(event.user?.displayName ?? ''),
  appId: (event) => event.application.appId,
  appDisplayName: (event) => fold(event.application.displayName),
  resourceId: (event) => event.resource?.appId ?? '',
  clientAppUsed: (event) => fold(event.clientAppUsed),
  ipAddress: (event) => fold(event.ipAddress),
  errorCode: (event) => event.errorCode,
  conditionalAccessStatus: (event) => fold(event.conditionalAccessStatus),
}

const names = Object.keys(columns) as SignInColumn[]
const all = [...names, 'body']
const insert = `INSERT INTO sign_in (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})`

const from: RowsFrom<SignInEvent, SignInColumn> = {
  from: 'sign_in',
  where: '1',
  select: 'body',
  read: bodies,
  columns: Object.fromEntries(names.map((name) => [name, { sql: name }])) as RowsFrom<
    SignInEvent,
    SignInColumn
  >['columns'],
}

export function signIns(database: Database): SignIns {
  return {
    append: async (events) => upsertAll(database, insert, columns, events),
    query: async (query) => queryRows(database, from, query),
    count: async (filter) => countRows(database, from, filter),
    removeExpired: async (beforeMs) => database.run('DELETE FROM sign_in WHERE atMs < ?', beforeMs),
  }
}
