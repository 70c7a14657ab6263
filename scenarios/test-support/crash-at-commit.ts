import { readFileSync, rmSync } from 'node:fs'
import { StatementSync } from 'node:sqlite'

// Loaded into a control service under test (`--import`): it dies by SIGKILL at the commit of reports that a file names,
// `before` or `after`. The file is taken away first, so that the next service lives.

const order = process.env['CRASH_AT_COMMIT'] ?? ''
const { run } = StatementSync.prototype
let reportsWritten = false

function wanted(): string {
  try {
    return readFileSync(order, 'utf8')
  } catch {
    return ''
  }
}

function die(): void {
  rmSync(order)
  process.kill(process.pid, 'SIGKILL')
}

function crashing(this: StatementSync, ...values: unknown[]): ReturnType<typeof run> {
  if (/^INSERT INTO report /.test(this.sourceSQL)) reportsWritten = true
  if (this.sourceSQL !== 'COMMIT' || !reportsWritten) return Reflect.apply(run, this, values)
  reportsWritten = false
  const when = wanted()
  if (when === 'before') die()
  const result = Reflect.apply(run, this, values)
  if (when === 'after') die()
  return result
}

StatementSync.prototype.run = crashing as typeof run
