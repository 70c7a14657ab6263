import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { enrolmentMode, type PlatformName } from '@muster/shared/contracts'
import { CodedError, dropOldest } from '@muster/shared/core'
import { copyFrom } from './copy.ts'
import { migrations } from './migrations.ts'
import { fold } from './rows.ts'

/** One SQLite connection with its statements prepared once. */
export interface Database {
  all(sql: string, ...values: SQLInputValue[]): readonly Record<string, unknown>[]
  get(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined
  /** Rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number
  close(): void
}

/** Told of a store that can no longer be written: nothing but its owner's help makes it whole. */
export type OnBroken = (error: CodedError) => void

/**
 * Open the database at `path` (`:memory:` for none on disk) and bring its schema up to date. `copyOf`: an empty one begins
 * with what this file has.
 * @throws CodedError `store/newer-version`, `store/disk-full`, `store/unusable`
 */
export function openDatabase(path: string, onBroken?: OnBroken, copyOf?: string): Database {
  const database = translated(path, () => connect(path, onBroken))
  try {
    database.run(`PRAGMA cache_size = -${CACHE_KIB}`)
    if (copyOf !== undefined) translated(copyOf, () => copyFrom(database, copyOf))
    translated(path, () => migrate(database, copyOf ?? path))
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** Pages that the writing connection keeps in memory, KiB: the listing of a hundred thousand devices fits. */
const CACHE_KIB = 65_536

/** A second connection to the same file, which sees what is committed and writes nothing. */
export function openReader(path: string): Database {
  return translated(path, () => {
    const database = connect(path)
    database.run('PRAGMA query_only = 1')
    return database
  })
}

function connect(path: string, onBroken?: OnBroken): Database {
  if (path !== ':memory:') makePrivately(path)
  const connection = new DatabaseSync(path, { timeout: 5_000 })
  connection.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY',
  )
  addFunctions(connection)
  const statements = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const statement = statements.get(sql) ?? connection.prepare(sql)
    // Queries of clients come in any number: those longest unused are let go.
    statements.delete(sql)
    statements.set(sql, statement)
    dropOldest(statements, STATEMENTS_MAX)
    return statement
  }
  return {
    all: (sql, ...values) => translated(path, () => prepared(sql).all(...values), onBroken),
    get: (sql, ...values) => translated(path, () => prepared(sql).get(...values), onBroken),
    run: (sql, ...values) => translated(path, () => Number(prepared(sql).run(...values).changes), onBroken),
    close: () => connection.close(),
  }
}

/** The file is made before SQLite makes it for everybody to read; its journal takes after it. */
function makePrivately(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  } catch {
    // SQLite says why it cannot be made.
  }
}

/** Prepared statements that a connection keeps. */
const STATEMENTS_MAX = 500

/** What migrations need to fill columns as the service would. */
function addFunctions(connection: DatabaseSync): void {
  connection.function('fold', { deterministic: true }, (text) => (typeof text === 'string' ? fold(text) : null))
  connection.function('supervised', { deterministic: true }, (platform, mode) =>
    Number(enrolmentMode(String(platform) as PlatformName, String(mode))?.supervised ?? false),
  )
}

function migrate(database: Database, path: string): void {
  const version = Number(database.get('PRAGMA user_version')?.['user_version'] ?? 0)
  if (version > migrations.length) {
    const message = `the store at ${path} has version ${version}; this Muster knows ${migrations.length} and older. Use the newer Muster, or another --data directory`
    throw new CodedError('store/newer-version', message)
  }
  for (let next = version; next < migrations.length; next++) {
    database.run('BEGIN IMMEDIATE')
    try {
      for (const statement of (migrations[next] ?? '').split(';')) {
        if (statement.trim() !== '') database.run(statement)
      }
      database.run(`PRAGMA user_version = ${next + 1}`)
      database.run('COMMIT')
    } catch (error) {
      rollBack(database)
      throw error
    }
  }
}

/** SQLite may have rolled back by itself, on a full disk for one; the first error is the one that counts. */
export function rollBack(database: Database): void {
  try {
    database.run('ROLLBACK')
  } catch {
    // Nothing was left to roll back.
  }
}

/** SQLite result codes that people can do something about (sqlite.org/rescode.html). */
const SQLITE_FULL = 13
const SQLITE_IOERR = 10
/** The index that connections share cannot grow: what SQLite says of a disk without room for it. */
const SQLITE_IOERR_SHMSIZE = 4_874
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26
const SQLITE_READONLY = 8

function translated<T>(path: string, work: () => T, onBroken?: OnBroken): T {
  try {
    return work()
  } catch (error) {
    const broken = brokenBy(path, error as Error & { errcode?: number })
    if (!broken) throw error
    onBroken?.(broken)
    throw broken
  }
}

function brokenBy(path: string, cause: Error & { errcode?: number }): CodedError | undefined {
  if (cause.errcode === undefined) return undefined
  const primary = cause.errcode & 0xff
  const full = primary === SQLITE_FULL || cause.errcode === SQLITE_IOERR_SHMSIZE
  if (full || cause.message.includes('disk is full')) {
    const text = `the disk that holds ${path} is full: free some space and start again`
    return new CodedError('store/disk-full', text, { cause })
  }
  if ([SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOTADB, SQLITE_READONLY].includes(primary))
    return new CodedError('store/unusable', `the store at ${path} cannot be used: ${cause.message}`, { cause })
  return undefined
}
