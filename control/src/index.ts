export { openSqliteStore } from './adapters/sqlite/store.ts'
export { type Control, type ControlDeps, createControl } from './control.ts'
export { Connection, type ControlConfig, connectionFile, runControl } from './run-control.ts'
