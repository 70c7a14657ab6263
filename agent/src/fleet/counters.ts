import type { WorkerHello } from '@muster/shared/contracts'

export type Counters = { -readonly [Name in keyof WorkerHello['counters']]: number }

export const newCounters = (): Counters => ({
  checkIns: 0,
  reportsSent: 0,
  reportsResent: 0,
  refused: 0,
  requestErrors: 0,
  pokes: 0,
  renewals: 0,
})
