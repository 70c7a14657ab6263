import { type Database, rollBack } from './database.ts'

/** Transactions of the one connection that writes, which begin with their first write: many write nothing. */
export interface LateTransactions {
  /** The connection as one works with it: in a transaction when one is under way. */
  readonly database: Database
  begin(): void
  commit(): void
  rollBack(): void
}

export function beginsLate(connection: Database): LateTransactions {
  let state: 'none' | 'due' | 'begun' = 'none'
  const end = (how: () => void): void => {
    const begun = state === 'begun'
    if (begun) how()
    state = 'none'
  }
  return {
    database: {
      ...connection,
      run: (sql, ...values) => {
        if (state === 'due') {
          connection.run('BEGIN IMMEDIATE')
          state = 'begun'
        }
        return connection.run(sql, ...values)
      },
    },
    begin: () => {
      state = 'due'
    },
    commit: () => end(() => connection.run('COMMIT')),
    rollBack: () => end(() => rollBack(connection)),
  }
}
