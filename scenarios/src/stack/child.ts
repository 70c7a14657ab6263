import { writeSync } from 'node:fs'
import type { AgentConfig } from '@muster/agent/fleet'
import { runAgent } from '@muster/agent/fleet'
import type { Connection, ControlConfig } from '@muster/control'
import { runControl } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import { namingDiskFull } from './disk-full.ts'

/** What a child process is told to be, over its channel to the parent: no secret shows in a process list. */
export type ChildOrder =
  | { readonly role: 'control'; readonly config: ControlConfig }
  | { readonly role: 'agent'; readonly config: AgentConfig }

/** What it answers. */
export type ChildNews =
  | { readonly type: 'ready'; readonly connection?: Connection }
  | { readonly type: 'failed'; readonly code?: string; readonly message: string }

const stop = new AbortController()
// Ctrl-C in a terminal reaches the whole process group; the parent decides when its children end.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => stop.abort())
// The parent is gone: nobody is left to serve.
process.on('disconnect', () => stop.abort())

const tell = (news: ChildNews): void => {
  if (process.connected) process.send?.(news)
}

process.once('message', (order: ChildOrder) => {
  const running =
    order.role === 'control'
      ? runControl(order.config, stop.signal, (connection) => tell({ type: 'ready', connection }))
      : runAgent(order.config, stop.signal, () => tell({ type: 'ready' }))
  running.then(() => process.exit(0), fail)
})
// A full disk shows first where nobody waits for an answer: in a log.
process.on('uncaughtException', fail)

function fail(thrown: unknown): never {
  const error = namingDiskFull(thrown)
  const coded = error instanceof CodedError ? { code: error.code } : {}
  tell({ type: 'failed', ...coded, message: error instanceof Error ? error.message : String(error) })
  if (!(error instanceof CodedError)) writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
